using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Networks;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>
/// Latents of scenes that are learned from several times, with other noise each time, before they give way to new ones: to
/// encode an image takes about as long as to learn from it. A pool is a function of the seed and its number.
/// </summary>
/// <param name="size">Scenes of a pool.</param>
internal sealed class LatentPool(DcAutoencoder autoencoder, int size) : IDisposable
{
    /// <summary>How often a scene is drawn on average.</summary>
    private const int Uses = 6;

    private const int AtOnce = 64;

    private (long Seed, long Number)? _held;
    private Tensor? _latents;

    /// <summary>The pool that a step draws from.</summary>
    /// <param name="step">From 1 on.</param>
    public long NumberAt(long step, int batch) => (step - 1) / Math.Max(1, (long)size * Uses / batch);

    /// <summary>A scene of a pool, and the index of its training prompt.</summary>
    public (int Prompt, Scene Scene) At(long seed, long number, int place)
    {
        var random = StepRandom.Of(seed, "pool", (number * size) + place);
        var prompt = Scenes.Prompt(random);
        return (prompt, SceneSampler.Sample(ShapePrompts.Published.Training[prompt], random));
    }

    /// <summary>Latents as the diffusion has them.</summary>
    /// <returns>[places, channels, 4, 4]</returns>
    public Tensor Latents(long seed, long number, long[] places)
    {
        if (_held != (seed, number))
        {
            _latents?.Dispose();
            (_latents, _held) = (Encode(seed, number), (seed, number));
        }

        using var scope = NewDisposeScope();
        return _latents!.index_select(0, tensor(places)).MoveToOuterDisposeScope();
    }

    public void Dispose() => _latents?.Dispose();

    private Tensor Encode(long seed, long number)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var latents = new List<Tensor>();
        for (var first = 0; first < size; first += AtOnce)
        {
            using var inner = NewDisposeScope();
            var images = new float[Math.Min(AtOnce, size - first) * Scenes.Numbers];
            Parallel.For(0, images.Length / Scenes.Numbers, i =>
                Scenes.Render(At(seed, number, first + i).Scene, images.AsSpan(i * Scenes.Numbers, Scenes.Numbers)));
            latents.Add((autoencoder.Encode(Scenes.ToTensor(images)) * autoencoder.Config.ScalingFactor).MoveToOuterDisposeScope());
        }

        return cat(latents).DetachFromDisposeScope();
    }
}
