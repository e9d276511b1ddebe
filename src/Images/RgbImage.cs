namespace ReflectDiT.Eval.Images;

/// <summary>An image as read: 8 bits a sample, without alpha.</summary>
/// <param name="Rgb">Row-major, three bytes a pixel: red, green, blue.</param>
public sealed record RgbImage(int Width, int Height, byte[] Rgb)
{
    /// <summary>A pixel as 0xRRGGBB.</summary>
    public uint this[int x, int y]
    {
        get
        {
            var at = 3 * (y * Width + x);
            return (uint)(Rgb[at] << 16 | Rgb[at + 1] << 8 | Rgb[at + 2]);
        }
    }

    /// <summary>A part of the image, as Pillow's crop; what of it lies outside is black.</summary>
    /// <exception cref="ArgumentException">The part is empty.</exception>
    public RgbImage Cut(int left, int top, int width, int height)
    {
        if (width < 1 || height < 1)
        {
            throw new ArgumentException($"Expected a part of at least 1 x 1 pixels, found {width} x {height}.");
        }

        var cut = new RgbImage(width, height, new byte[3 * width * height]);
        var (first, last) = (Math.Max(0, left), Math.Min(Width, left + width));
        for (var y = Math.Max(0, top); y < Math.Min(Height, top + height) && first < last; y++)
        {
            Row(y)[(3 * first)..(3 * last)].CopyTo(cut.Rgb.AsSpan(3 * ((y - top) * width + first - left)));
        }

        return cut;
    }

    /// <summary>The bytes of a row, three a pixel.</summary>
    public ReadOnlySpan<byte> Row(int y) => Rgb.AsSpan(3 * Width * y, 3 * Width);
}
