namespace ReflectDiT.Eval.Core.Detecting;

/// <summary>One object that a detector found. Pixels, y down; float32 as in the published scorer.</summary>
/// <param name="X1">Left edge.</param>
/// <param name="Y1">Top edge.</param>
/// <param name="X2">Right edge.</param>
/// <param name="Y2">Bottom edge.</param>
/// <param name="Score">Confidence, 0 to 1.</param>
/// <param name="Colour">The colour classifier's label, or null where it gave none; null fits no colour.</param>
/// <param name="Mask">Where in its box it is; null where the detector does not say.</param>
public readonly record struct Detection(float X1, float Y1, float X2, float Y2, float Score, string? Colour, ObjectMask? Mask = null);
