using ReflectDiT.Eval.Images;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>The encoders of text and image.</summary>
internal static class EncoderKinds
{
    public static void Gemma(GoldenRun run)
    {
        using var network = Gemma2.Load(run.Model("text_encoder"), run.Type, CPU, run.Arguments.GetProperty("softcap_applies").GetBoolean());
        run.Report("out.last_hidden_state", network.Forward(run.Stored("in.input_ids"), run.Stored("in.attention_mask"), run.Report));
    }

    public static void Siglip(GoldenRun run)
    {
        using var network = SiglipVision.Load(run.Model("vision_encoder"), run.Type, CPU);
        var pixels = network.Preprocess([.. Images(run)]).to(run.Type);
        run.Report("pixel_values", pixels);
        var hidden = network.Forward(pixels, run.Report);
        foreach (var tokens in run.Arguments.Integers("n_query"))
            run.Report($"out.pooled_{tokens}", network.Pool(hidden, tokens));
    }

    public static IEnumerable<RgbImage> Images(GoldenRun run)
    {
        for (var i = 0; run.Has($"in.image_{i}"); i++)
        {
            var stored = run.Stored($"in.image_{i}");
            yield return new RgbImage((int)stored.shape[1], (int)stored.shape[0], stored.data<byte>().ToArray());
        }
    }
}
