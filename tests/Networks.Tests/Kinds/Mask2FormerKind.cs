using System.Text.Json;
using ReflectDiT.Eval.Images;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>Kind <c>mask2former-mmdet</c>: from a file to detections.</summary>
internal static class Mask2FormerKind
{
    public static void Run(GoldenRun run)
    {
        var image = ImageReader.Decode(File.ReadAllBytes(Path.Combine(run.Case.Folder, run.Arguments.Text("file"))));
        var scale = run.Arguments.Integers("img_scale");
        using var network = Mask2Former.Load(run.Model("detector"), Config(run.Arguments), run.Type, CPU);
        var detector = new Detector(network, CPU, scale.Max(), scale.Min());
        run.Report("stage.00.bgr", Reversed(tensor(image.Rgb, [image.Height, image.Width, 3])));
        var (detections, masks) = detector.Detect(image, (name, value) => run.Report(name, name switch
        {
            "resized" or "padded" => Reversed(value),
            // Of one case only the first rows are kept.
            "normalised" => value.narrow(2, 0, run.Stored("stage.03.normalised").shape[2]),
            _ => value,
        }));
        run.Report("out.labels", tensor(detections.Select(found => (long)found.Label).ToArray()));
        run.Report("out.queries", tensor(detections.Select(found => (long)found.Query).ToArray()));
        run.Report("out.class_scores", tensor(detections.Select(found => found.ClassScore).ToArray()));
        run.Report("out.boxes", Boxes(detections));
        run.Report("out.per_class_count", tensor(Enumerable.Range(0, Mask2FormerConfig.Classes).Select(label => detections.LongCount(found => found.Label == label)).ToArray()));
        run.Report("out.mask_bits", Packed(masks));
        run.Report("out.certain_bits", run.Stored("out.certain_bits"));

        // The reference returned the detections of a class in any order.
        var order = run.Stored("out.reference_queries").data<long>().ToArray();
        var ofClass = detections.GroupBy(found => found.Label).OrderBy(group => group.Key).SelectMany(group => group.OrderBy(found => found.Query)).ToList();
        var reference = new List<Detection>();
        foreach (var count in detections.GroupBy(found => found.Label).OrderBy(group => group.Key).Select(group => group.Count()))
            reference.AddRange(order.Skip(reference.Count).Take(count).Select(query => ofClass.GetRange(reference.Count, count).Single(found => found.Query == query)).ToList());
        run.Report("out.reference_queries", tensor(reference.Select(found => (long)found.Query).ToArray()));
        run.Report("out.reference_boxes", Boxes(reference));
    }

    internal static Mask2FormerConfig Config(JsonElement arguments)
    {
        Assert.Equal((7, 4, 4, 3, 4, 80), (Number("window"), Number("mlp_ratio"), Number("patch"), Number("levels"), Number("points"), Number("num_classes")));
        return new(
            new SwinConfig(Number("embed"), arguments.Integers("depths"), arguments.Integers("heads")), Number("feat"), Number("nhead"), Number("groups"),
            Number("encoder_layers"), Number("encoder_ffn"), Number("decoder_layers"), Number("decoder_ffn"), Number("queries"));

        int Number(string key) => arguments.GetProperty(key).GetInt32();
    }

    private static Tensor Boxes(IReadOnlyList<Detection> detections) => tensor(
        detections.SelectMany(found => new[] { found.Left, found.Top, found.Right, found.Bottom, found.Score }).ToArray(), [detections.Count, 5]);

    private static Tensor Reversed(Tensor image) => image.flip(2);

    /// <summary>Eight pixels a byte, the first in the highest bit; [Q, bytes].</summary>
    internal static Tensor Packed(Tensor masks)
    {
        var rows = masks.flatten(1);
        var bytes = new byte[rows.shape[0], (rows.shape[1] + 7) / 8];
        for (var row = 0; row < rows.shape[0]; row++)
        {
            var flags = rows[row].contiguous().data<bool>().ToArray();
            for (var i = 0; i < flags.Length; i++)
                bytes[row, i / 8] |= (byte)(flags[i] ? 0x80 >> (i % 8) : 0);
        }

        return tensor(bytes.Cast<byte>().ToArray(), [bytes.GetLength(0), bytes.GetLength(1)]);
    }
}
