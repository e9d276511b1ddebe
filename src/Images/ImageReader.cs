using System.Runtime.InteropServices;
using SkiaSharp;

namespace ReflectDiT.Eval.Images;

/// <summary>
/// Reads an image of any common format as Pillow's <c>exif_transpose</c> and <c>convert("RGB")</c> do: stored values
/// as they are (no colour management), alpha dropped, the first picture of several, turned upright as EXIF says.
/// Samples of 16 bits keep their high byte.
/// </summary>
public static class ImageReader
{
    /// <summary>Of width x height: a header may promise any size, and this much memory is taken before a pixel is read.</summary>
    public const int MaxPixels = 1 << 26;

    /// <summary>IEND and its check sum.</summary>
    private static ReadOnlySpan<byte> PngEnd => [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82];

    /// <param name="mostPixels">Where less than <see cref="MaxPixels"/> has to do.</param>
    /// <exception cref="InvalidDataException">The file is no image, is cut off or damaged, or is too large.</exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> file, int mostPixels = MaxPixels) =>
        Read(file, mostPixels, (codec, pixels) => Upright(pixels, codec.Info.Width, codec.Info.Height, Origin(codec, file.Span)));

    /// <summary>
    /// Reads an image as qwen-vl-utils does: as it is stored, whatever EXIF says, and on white where each pixel has an
    /// alpha of its own. Transparency of palettes and of grey is dropped.
    /// </summary>
    /// <inheritdoc cref="Decode"/>
    public static RgbImage DecodeOnWhite(ReadOnlyMemory<byte> file) => Read(file, MaxPixels, (codec, pixels) =>
    {
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        return !HasAlpha(codec, file.Span)
            ? Upright(pixels, width, height, SKEncodedOrigin.Default)
            : Upright(Array.ConvertAll(pixels.ToArray(), OnWhite), width, height, SKEncodedOrigin.Default);
    });

    /// <summary>Width and height as they are stored, without reading a pixel; null for a file that is not there, or no image.</summary>
    public static (int Width, int Height)? SizeOf(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var codec = SKCodec.Create(path);
        return codec is null ? null : (codec.Info.Width, codec.Info.Height);
    }

    /// <summary>The size of what <see cref="DecodeOnWhite"/> gives, by the header alone.</summary>
    /// <exception cref="InvalidDataException">The file is no image.</exception>
    public static (int Height, int Width) SizeOnWhite(ReadOnlyMemory<byte> file)
    {
        using var data = SKData.CreateCopy(file.Span);
        using var codec = Open(data, file.Span);
        return (codec.Info.Height, codec.Info.Width);
    }

    private static SKCodec Open(SKData data, ReadOnlySpan<byte> file) => SKCodec.Create(data) ?? throw new InvalidDataException(
        $"Not a readable image: expected a whole PNG, JPEG, WebP, GIF or BMP, found {file.Length} bytes that begin with "
        + $"{Convert.ToHexStringLower(file[..Math.Min(8, file.Length)])}.");

    private delegate RgbImage Finish(SKCodec codec, ReadOnlySpan<uint> pixels);

    private static RgbImage Read(ReadOnlyMemory<byte> file, int mostPixels, Finish finish)
    {
        using var data = SKData.CreateCopy(file.Span);
        using var codec = Open(data, file.Span);
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        var what = $"{codec.EncodedFormat.ToString().ToUpperInvariant()} of {width} x {height} pixels";
        if ((long)width * height > mostPixels)
        {
            throw new InvalidDataException($"{what}: expected at most {mostPixels} pixels.");
        }

        // Without a colour space nothing is converted; unpremultiplied samples are those of the file.
        var layout = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul, colorspace: null);
        using var bitmap = new SKBitmap(layout);
        var result = codec.GetPixels(layout, bitmap.GetPixels());
        if (result == SKCodecResult.IncompleteInput || !HasEnd(file.Span, codec.EncodedFormat))
        {
            throw new InvalidDataException($"{what}: cut off after byte {file.Length}.");
        }

        return result == SKCodecResult.Success
            ? finish(codec, MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan()))
            : throw new InvalidDataException($"{what}: damaged: its pixels cannot be decoded ({result}).");
    }

    /// <summary>Whether the end is there where the decoder does not ask for it: it is content with the first scans of a
    /// progressive JPEG, and with a PNG whose last rows are there.</summary>
    private static bool HasEnd(ReadOnlySpan<byte> file, SKEncodedImageFormat format) => format switch
    {
        SKEncodedImageFormat.Png => file.IndexOf(PngEnd) >= 0,
        // Compressed data holds neither marker: an end of image (D9) has to follow the last start of a scan (DA).
        SKEncodedImageFormat.Jpeg => file.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) > file.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]),
        _ => true,
    };

    /// <summary>Whether Pillow opens it as RGBA. The byte of a PNG behind its size and depth says what a pixel is: 6 has alpha.</summary>
    private static bool HasAlpha(SKCodec codec, ReadOnlySpan<byte> file) => codec.EncodedFormat switch
    {
        SKEncodedImageFormat.Png => file[25] == 6,
        SKEncodedImageFormat.Webp => codec.Info.AlphaType != SKAlphaType.Opaque,
        _ => false,
    };

    /// <summary>Pillow's paste with a mask, onto white.</summary>
    private static uint OnWhite(uint pixel)
    {
        var alpha = pixel >> 24;
        return Blend(pixel & 255) | Blend(pixel >> 8 & 255) << 8 | Blend(pixel >> 16 & 255) << 16;

        uint Blend(uint sample)
        {
            var sum = 255 * (255 - alpha) + sample * alpha + 128;
            return ((sum >> 8) + sum) >> 8;
        }
    }

    private static SKEncodedOrigin Origin(SKCodec codec, ReadOnlySpan<byte> file) =>
        codec.EncodedFormat == SKEncodedImageFormat.Png ? PngExif.Origin(file) : codec.EncodedOrigin;

    /// <summary>Drops alpha and turns what is stored under an origin.</summary>
    private static RgbImage Upright(ReadOnlySpan<uint> stored, int width, int height, SKEncodedOrigin origin)
    {
        // Where the upright picture begins, and how far a step to the right and one down lead.
        var last = width * height - 1;
        var (start, right, down) = origin switch
        {
            SKEncodedOrigin.TopRight => (width - 1, -1, width),
            SKEncodedOrigin.BottomRight => (last, -1, -width),
            SKEncodedOrigin.BottomLeft => (last - width + 1, 1, -width),
            SKEncodedOrigin.LeftTop => (0, width, 1),
            SKEncodedOrigin.RightTop => (last - width + 1, -width, 1),
            SKEncodedOrigin.RightBottom => (last, -width, -1),
            SKEncodedOrigin.LeftBottom => (width - 1, width, -1),
            _ => (0, 1, width),
        };
        if (origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom)
        {
            (width, height) = (height, width);
        }

        var rgb = GC.AllocateUninitializedArray<byte>(3 * width * height);
        for (int y = 0, to = 0; y < height; y++)
        {
            for (int x = 0, from = start + y * down; x < width; x++, from += right, to += 3)
            {
                var pixel = stored[from];
                rgb[to] = (byte)pixel;
                rgb[to + 1] = (byte)(pixel >> 8);
                rgb[to + 2] = (byte)(pixel >> 16);
            }
        }

        return new RgbImage(width, height, rgb);
    }
}
