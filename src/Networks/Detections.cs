using ReflectDiT.Eval.Images;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>One thing that was seen.</summary>
/// <param name="Label">COCO's class, from 0.</param>
/// <param name="Query">Whose mask it has; several classes may share one.</param>
/// <param name="ClassScore">How sure the class is.</param>
/// <param name="Score">The class's score times the mask's; 0 where the mask is empty.</param>
/// <param name="Left">The mask's first column; the other edges likewise, the last ones behind the mask. All 0 where it is empty.</param>
public sealed record Detection(int Label, int Query, float ClassScore, float Score, float Left, float Top, float Right, float Bottom);

/// <summary>What mmdet's inference_detector makes of an image: preprocessing, the network, and the detections of its answer.</summary>
public sealed class Detector(Mask2Former network, Device device, int longest = DetectorImage.Long, int shortest = DetectorImage.Short)
{
    private const int MostDetections = 100;
    private const byte Grey = 128;

    private static readonly double[] Mean = [123.675, 116.28, 103.53];
    private static readonly double[] Deviation = [58.395, 57.12, 57.375];

    /// <summary>The best of all pairs of query and class: by the class's score, then by query and class.</summary>
    /// <returns>The detections, and each query's mask, bool, [Q, height, width].</returns>
    public (IReadOnlyList<Detection> Detections, Tensor Masks) Detect(RgbImage image, Watch? watch = null)
    {
        using var scope = NewDisposeScope();
        var size = DetectorImage.Fit(image.Height, image.Width, longest, shortest);
        var resized = OpenCvResize.Linear(image.Rgb, image.Width, image.Height, size.Width, size.Height);
        watch?.Invoke("resized", tensor(resized, [size.Height, size.Width, 3]));
        var padded = Pad(resized, size);
        watch?.Invoke("padded", tensor(padded, [size.PaddedHeight, size.PaddedWidth, 3]));
        var input = tensor(Normalize(padded), [1, 3, size.PaddedHeight, size.PaddedWidth], device: device);
        watch?.Invoke("normalised", input);
        var (classes, masks) = network.Forward(input, watch);
        masks = Resize(masks, size.PaddedHeight, size.PaddedWidth);
        watch?.Invoke("mask_logits_padded_query0", masks.narrow(1, 0, 1));
        masks = Resize(masks.narrow(2, 0, size.Height).narrow(3, 0, size.Width), image.Height, image.Width)[0]; // [Q, height, width]
        var found = masks > 0;
        return (Best(classes[0], masks, found), found.MoveToOuterDisposeScope());
    }

    private static Tensor Resize(Tensor masks, long height, long width) =>
        functional.interpolate(masks, [height, width], mode: InterpolationMode.Bilinear, align_corners: false);

    private static List<Detection> Best(Tensor classes, Tensor masks, Tensor found)
    {
        var chances = functional.softmax(classes, -1).narrow(1, 0, Mask2FormerConfig.Classes).contiguous().cpu().data<float>().ToArray();
        var inside = found.to(float32);
        var maskScores = ((masks.sigmoid() * inside).flatten(1).sum(1) / (inside.flatten(1).sum(1) + 1e-6)).cpu().data<float>().ToArray();
        var (rows, columns) = (Edges(found.any(2)), Edges(found.any(1)));
        return [.. Enumerable.Range(0, chances.Length).OrderByDescending(i => chances[i]).Take(MostDetections).Select(i =>
        {
            var (query, label) = (i / Mask2FormerConfig.Classes, i % Mask2FormerConfig.Classes);
            return new Detection(
                label, query, chances[i], chances[i] * maskScores[query],
                columns[query].First, rows[query].First, columns[query].End, rows[query].End);
        })];
    }

    /// <summary>Of each row of flags the first that is set, and what follows the last; zeros where none is.</summary>
    private static (float First, float End)[] Edges(Tensor flags)
    {
        var length = (int)flags.shape[1];
        return [.. flags.cpu().contiguous().data<bool>().ToArray().Chunk(length)
            .Select(row => (Math.Max(0f, Array.IndexOf(row, true)), Array.LastIndexOf(row, true) + 1f))];
    }

    /// <summary>Grey on the right and below, before anything is normalised.</summary>
    private static byte[] Pad(byte[] rgb, DetectorImage size)
    {
        var padded = new byte[3 * size.PaddedHeight * size.PaddedWidth];
        Array.Fill(padded, Grey);
        for (var y = 0; y < size.Height; y++)
            rgb.AsSpan(3 * y * size.Width, 3 * size.Width).CopyTo(padded.AsSpan(3 * y * size.PaddedWidth));
        return padded;
    }

    /// <summary>Planes of the samples less the mean, times the reciprocal of the deviation, rounded to fp32 after each.</summary>
    private static float[] Normalize(byte[] rgb)
    {
        var values = new float[rgb.Length];
        for (var i = 0; i < rgb.Length; i++)
            values[(i % 3 * (rgb.Length / 3)) + (i / 3)] = (float)((float)(rgb[i] - Mean[i % 3]) * (1 / Deviation[i % 3]));
        return values;
    }
}
