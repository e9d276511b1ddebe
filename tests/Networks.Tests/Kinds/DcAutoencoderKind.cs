using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

internal static class DcAutoencoderKind
{
    public static void Run(GoldenRun run)
    {
        using var network = DcAutoencoder.Load(run.Model("vae"), run.Type, CPU);
        run.Report("out.latent", network.Encode(run.Input("in.image"), run.Report));
        run.Report("out.image", network.Decode(run.Input("in.latent"), run.Report));
    }
}
