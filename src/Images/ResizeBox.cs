namespace ReflectDiT.Eval.Images;

/// <summary>A part of an image in pixels that may be fractions; in single precision, as Pillow keeps it.</summary>
public readonly record struct ResizeBox(float Left, float Top, float Right, float Bottom);
