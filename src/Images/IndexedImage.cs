namespace ReflectDiT.Eval.Images;

/// <summary>An image to write.</summary>
/// <param name="Indices">Row-major, each an index into <paramref name="Palette"/>.</param>
/// <param name="Palette">At most 256 colours, each 0xRRGGBB.</param>
public sealed record IndexedImage(int Width, int Height, byte[] Indices, IReadOnlyList<uint> Palette);
