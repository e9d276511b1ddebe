using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

internal static class SanaTransformerKind
{
    public static void Run(GoldenRun run)
    {
        using var network = SanaTransformer.Load(run.Model("transformer"), run.Type, CPU);
        var sample = network.Forward(
            run.Input("in.hidden_states"), run.Input("in.encoder_hidden_states"), run.Input("in.encoder_attention_mask"),
            run.Stored("in.timestep"), run.Report);
        run.Report("out.sample", sample);
    }
}
