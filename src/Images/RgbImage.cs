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

    /// <summary>The bytes of a row, three a pixel.</summary>
    public ReadOnlySpan<byte> Row(int y) => Rgb.AsSpan(3 * Width * y, 3 * Width);
}
