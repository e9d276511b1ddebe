namespace ReflectDiT.Eval.Models.Imaging;

/// <summary>An image as read. <paramref name="Pixels"/> is row-major, each 0xRRGGBB.</summary>
public sealed record RgbImage(int Width, int Height, uint[] Pixels)
{
    public uint this[int x, int y] => Pixels[y * Width + x];
}

/// <summary>An image to write. <paramref name="Indices"/> is row-major, each an index into
/// <paramref name="Palette"/>, whose entries are 0xRRGGBB.</summary>
public sealed record IndexedImage(int Width, int Height, byte[] Indices, IReadOnlyList<uint> Palette);
