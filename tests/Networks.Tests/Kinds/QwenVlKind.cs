using System.Globalization;
using ReflectDiT.Eval.Images;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>Kind <c>qwen25-vl</c>: one pass over prompts, or the tokens that follow them, by what the case expects.</summary>
internal static class QwenVlKind
{
    public static void Run(GoldenRun run)
    {
        using var network = QwenVl.Load(run.Model("vlm"), run.Type, CPU);
        var (ids, mask, images) = (run.Stored("in.input_ids"), run.Stored("in.attention_mask"), Images(run));
        if (run.Has("out.logits"))
            run.Report("out.logits", network.Forward(ids, mask, images, run.Report));
        if (!run.Arguments.TryGetProperty("max_new_tokens", out var most))
            return;
        var published = QwenGeneration.Read(run.Model("vlm"), most.GetInt32());
        Assert.Equal(run.Arguments.Integers("eos_token_id"), published.EndTokens);
        if (run.Arguments.TryGetProperty("penalties", out var penalties))
        {
            foreach (var penalty in penalties.EnumerateArray().Select(value => value.GetDouble()))
                Generate(run, network, images, published with { RepetitionPenalty = penalty }, string.Create(CultureInfo.InvariantCulture, $"out.penalty_{penalty:F2}."));
            return;
        }

        Assert.Equal(run.Arguments.GetProperty("repetition_penalty").GetDouble(), published.RepetitionPenalty);
        Generate(run, network, images, published, "out.");
        run.Report("out.eos.tokens", network.Generate(ids, mask, images, published with { EndTokens = run.Arguments.Integers("eos_token_id_of_second_run") }));
    }

    private static void Generate(GoldenRun run, QwenVl network, IReadOnlyList<QwenPatches> images, QwenGeneration rules, string prefix)
    {
        var steps = new Dictionary<string, List<Tensor>> { ["logits"] = [], ["scores"] = [] };
        var tokens = network.Generate(
            run.Stored("in.input_ids"), run.Stored("in.attention_mask"), images, rules,
            (name, value) => steps[name].Add(value.clone().DetachFromDisposeScope()));
        run.Report($"{prefix}tokens", tokens);
        run.Report($"{prefix}raw_logits", stack([.. steps["logits"]], 1));
        run.Report($"{prefix}scores", stack([.. steps["scores"]], 1));
        foreach (var step in steps.Values.SelectMany(values => values))
            step.Dispose();
    }

    private static List<QwenPatches> Images(GoldenRun run)
    {
        var preprocess = new QwenImage(run.Arguments.GetProperty("min_pixels").GetInt32(), run.Arguments.GetProperty("max_pixels").GetInt32());
        var images = new List<QwenPatches>();
        for (var i = 0; run.Has($"in.pixels.{i}") || (i == 0 && run.Has("in.pixels")); i++)
        {
            var suffix = run.Has("in.pixels") ? "" : $".{i}";
            var stored = run.Stored($"in.pixels{suffix}");
            var resized = preprocess.Resize(new RgbImage((int)stored.shape[1], (int)stored.shape[0], [.. stored.data<byte>()]));
            run.Report($"stage.00.resized{suffix}", tensor(resized.Rgb, [resized.Height, resized.Width, 3]));
            images.Add(QwenImage.Cut(resized));
        }

        run.Report("stage.00.grid", tensor(images.SelectMany(image => new[] { 1L, image.GridHeight, image.GridWidth }).ToArray(), [images.Count, 3]));
        if (run.Arguments.TryGetProperty("pixel_value_rows", out _))
            run.Report("stage.00.pixel_values_rows", stack([.. run.Arguments.Integers("pixel_value_rows").Select(row =>
                tensor(images[0].Patches).view(images[0].GridHeight * images[0].GridWidth, -1)[row])]));
        return images;
    }
}
