namespace ReflectDiT.Eval.Images;

/// <summary>Pillow's filters, by its names.</summary>
public enum ResampleFilter
{
    Nearest,
    Box,
    Bilinear,
    Hamming,
    Bicubic,
    Lanczos,
}
