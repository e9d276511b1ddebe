using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>Both spellings of the same weights must give the same; stages of the texts are those of every tenth.</summary>
internal static class ClipKind
{
    public static void Run(GoldenRun run)
    {
        var pixels = run.Stored("in.pixels");
        var size = (int)pixels.shape[1];
        run.Report("pixel_values", stack([.. pixels.unbind(0).Select(image => tensor(
            ImageNormalization.Clip.Apply(new Images.RgbImage(size, size, [.. image.data<byte>()])), [3, size, size]))]));
        foreach (var role in (ReadOnlySpan<string>)["hf", "open_clip"])
        {
            if (role == "open_clip")
            {
                var earlier = run.FirstDivergence();
                Assert.True(earlier is null || earlier.StartsWith("out.amp.", StringComparison.Ordinal), $"{role}: {earlier}");
            }

            using var network = Clip.Load(run.Model(role), ClipPrecision.Single, CPU);
            Compute(run, network, "");
            using var low = Clip.Load(run.Model(role), ClipPrecision.Autocast, CPU);
            Compute(run, low, "amp.");
        }
    }

    private static void Compute(GoldenRun run, Clip network, string mode)
    {
        Watch? watch = mode.Length > 0 ? null : (name, value) => run.Report(name, name.StartsWith("text_", StringComparison.Ordinal) ? value[TensorIndex.Slice(step: 10)] : value);
        var pixels = run.Stored("stage.00.pixel_values");
        var images = network.EncodeImages(pixels, watch);
        var texts = network.EncodeTexts(run.Stored("in.tokens"), watch);
        run.Report($"out.{mode}image_features", images);
        run.Report($"out.{mode}text_features", texts);
        if (mode.Length == 0)
            run.Report("out.similarity", network.LogitScale.exp() * Clip.Direction(images).matmul(Clip.Direction(texts).t()));
        var (classes, colours) = (run.Arguments.GetProperty("classes").GetArrayLength(), run.Arguments.GetProperty("colors").GetArrayLength());
        var ofClass = texts.chunk(classes, 0);
        for (var i = 0; i < classes; i++)
        {
            var classifier = Clip.Classifier(ofClass[i], colours);
            var logits = network.Logits(images, classifier);
            run.Report($"out.{mode}classifier.{i}", classifier);
            run.Report($"out.{mode}logits.{i}", logits);
            run.Report($"out.{mode}color.{i}", logits.argmax(-1));
        }
    }
}
