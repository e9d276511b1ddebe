using SkiaSharp;

namespace ReflectDiT.Eval.Images;

/// <summary>Small WebP pictures for looking at; nothing is measured on them.</summary>
public static class Thumbnail
{
    private const int Quality = 82;

    /// <param name="file">An image of any format that <see cref="ImageReader"/> reads.</param>
    /// <param name="side">Of the longer side in pixels, at most: a small image stays as large as it is.</param>
    /// <exception cref="InvalidDataException">The file is no image, is cut off or damaged, or is too large.</exception>
    public static byte[] Encode(ReadOnlyMemory<byte> file, int side)
    {
        var image = ImageReader.Decode(file);
        using var bitmap = ToBitmap(image);
        var scale = (double)side / Math.Max(image.Width, image.Height);
        if (scale >= 1)
        {
            return Encoded(bitmap);
        }

        var size = new SKImageInfo(
            Math.Max(1, (int)Math.Round(image.Width * scale)), Math.Max(1, (int)Math.Round(image.Height * scale)), SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var small = bitmap.Resize(size, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        return Encoded(small);
    }

    private static SKBitmap ToBitmap(RgbImage image)
    {
        var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var pixels = bitmap.GetPixelSpan();
        for (int from = 0, to = 0; from < image.Rgb.Length; from += 3, to += 4)
        {
            (pixels[to], pixels[to + 1], pixels[to + 2], pixels[to + 3]) = (image.Rgb[from], image.Rgb[from + 1], image.Rgb[from + 2], 255);
        }

        return bitmap;
    }

    private static byte[] Encoded(SKBitmap bitmap)
    {
        using var data = bitmap.Encode(SKEncodedImageFormat.Webp, Quality);
        return data.ToArray();
    }
}
