using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Networks;

/// <summary>Images as CLIP sees them: open_clip's transform, which is torchvision's on Pillow's images.</summary>
public static class ClipImage
{
    /// <summary>Resizes, cuts and normalises.</summary>
    /// <returns>[3, size, size]</returns>
    public static float[] Preprocess(RgbImage image, int size)
    {
        var (samples, width, height) = Resize(image.Rgb, image.Width, image.Height, 3, size);
        return ImageNormalization.Clip.Apply(new RgbImage(size, size, CutCentre(samples, width, height, 3, size)));
    }

    /// <summary>The shorter side becomes <paramref name="size"/>; the longer one's fraction is cut off.</summary>
    /// <param name="samples">As <see cref="PillowResize"/> takes them.</param>
    public static (byte[] Samples, int Width, int Height) Resize(ReadOnlySpan<byte> samples, int width, int height, int channels, int size)
    {
        var (toWidth, toHeight) = width <= height
            ? (size, (int)((double)((long)size * height) / width))
            : ((int)((double)((long)size * width) / height), size);
        return (PillowResize.Resize(samples, width, height, channels, toWidth, toHeight, ResampleFilter.Bicubic), toWidth, toHeight);
    }

    /// <summary>A square from the middle; an odd rest is halved to the even pixel.</summary>
    public static byte[] CutCentre(ReadOnlySpan<byte> samples, int width, int height, int channels, int size)
    {
        var (left, top) = ((int)Math.Round((width - size) / 2.0), (int)Math.Round((height - size) / 2.0));
        var cut = new byte[size * size * channels];
        for (var y = 0; y < size; y++)
            samples.Slice(((top + y) * width + left) * channels, size * channels).CopyTo(cut.AsSpan(y * size * channels));
        return cut;
    }
}
