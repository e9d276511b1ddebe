using ReflectDiT.Eval.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>Rectified flow (arXiv 2209.03003, 2403.03206): from clean latents to noise on straight lines.</summary>
internal static class FlowMatching
{
    /// <summary>The mean squared error of the velocity, at shares of noise drawn by a logit-normal.</summary>
    /// <param name="clean">[B, channels, height, width]</param>
    /// <param name="velocity">The network, on latents and timesteps from 0 to 1000.</param>
    public static Tensor Loss(Tensor clean, Generator draws, Func<Tensor, Tensor, Tensor> velocity)
    {
        using var scope = NewDisposeScope();
        var share = randn([clean.shape[0]], generator: draws).sigmoid();
        var noise = randn(clean.shape, generator: draws);
        var wide = share.view(-1, 1, 1, 1);
        var predicted = velocity((clean * (1 - wide)) + (noise * wide), share * 1000);
        return functional.mse_loss(predicted, noise - clean).MoveToOuterDisposeScope();
    }

    /// <summary>Images by the guided sampler, as the demo draws them.</summary>
    /// <param name="velocity">On the unconditional rows, then the others.</param>
    /// <returns>About -1 to 1, [count, 3, 64, 64].</returns>
    public static Tensor Draw(DcAutoencoder autoencoder, int count, long seed, Func<Tensor, Tensor, Tensor> velocity)
    {
        using var scope = NewDisposeScope();
        var noise = LatentNoise.Draw(Enumerable.Range(0, count).Select(i => (ulong)(seed + i)), autoencoder.Config.LatentChannels, 4, 4);
        var latents = GuidedSampling.Run(
            new(flowShift: 1, trainSteps: 1000, ShapesConfigs.Steps), noise, ShapesConfigs.Guidance, (x, time, _) => velocity(x, time), ScalarType.Float32);
        return cat([.. (latents / autoencoder.Config.ScalingFactor).split(64).Select(part => autoencoder.Decode(part))]).MoveToOuterDisposeScope();
    }
}
