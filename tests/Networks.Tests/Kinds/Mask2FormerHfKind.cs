using ReflectDiT.Eval.Images;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>Kind <c>mask2former-hf</c>: transformers' spelling, preprocessing and post-processing.</summary>
internal static class Mask2FormerHfKind
{
    public static void Run(GoldenRun run)
    {
        var image = ImageReader.Decode(File.ReadAllBytes(Path.Combine(run.Case.Folder, run.Arguments.Text("file"))));
        Assert.Equal(run.Stored("in.pixels").data<byte>().ToArray(), image.Rgb);
        using var network = Mask2FormerSegmenter.Load(run.Model("segmenter"), run.Type, CPU);
        var pixels = network.Preprocess(image);
        run.Report("pixel_values", pixels);
        run.Report("pixel_mask", ones(1, pixels.shape[2], pixels.shape[3], dtype: int64));
        var (classes, masks) = network.Forward(pixels, (name, value) =>
        {
            foreach (var ours in Names(name))
                run.Report(ours, value);
        });
        run.Report("out.class_logits", classes);
        run.Report("out.mask_logits", masks);
        var size = run.Arguments.Integers("target_size");
        var segments = Mask2FormerSegmenter.Segments(classes[0], masks[0], size[0], size[1], run.Arguments.GetProperty("threshold").GetDouble());
        var numbers = Enumerable.Repeat(-1f, size[0] * size[1]).ToArray();
        for (var i = 0; i < segments.Count; i++)
        {
            for (var place = 0; place < numbers.Length; place++)
                numbers[place] = segments[i].Mask[place] ? i : numbers[place];
        }

        run.Report("out.segmentation", tensor(numbers, [size[0], size[1]]));
        run.Report("out.segment_scores", tensor(segments.Select(segment => (float)segment.Score).ToArray()));
        run.Report("out.segment_labels", tensor(segments.Select(segment => (long)segment.Label).ToArray()));
        run.Report("out.segment_ids", arange(segments.Count, dtype: int64));
        run.Report("out.binary_map_bits", Mask2FormerKind.Packed(stack([.. segments.Select(segment => tensor(segment.Mask))])));
    }

    /// <summary>What the reference calls a stage; the first prediction counts as a layer.</summary>
    private static IEnumerable<string> Names(string name)
    {
        var parts = name.Split('.');
        switch (parts)
        {
            case ["swin", var stage, "block", _]:
                yield return $"swin.{stage}.last_block"; // the last one reported stays
                break;
            case ["decoder", var layer, "query"]:
                yield return $"decoder.{Count(layer)}";
                break;
            case ["decoder", var layer, "class_logits"]:
                yield return $"class_logits.{Count(layer)}";
                break;
            default:
                yield return name;
                break;
        }

        static int Count(string layer) => layer == "initial" ? 0 : int.Parse(layer, System.Globalization.CultureInfo.InvariantCulture) + 1;
    }
}
