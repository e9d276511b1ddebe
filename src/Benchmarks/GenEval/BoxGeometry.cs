using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>Overlap and relative position of two boxes, in the number types of the published scorer.</summary>
internal static class BoxGeometry
{
    /// <summary>Offsets below this, in pixels, are no relation.</summary>
    private const float SmallestOffset = 1e-3f;

    /// <summary>Share of the whole offset that one axis needs; from 30 to 60 degrees both axes reach it.</summary>
    private const float AxisShare = 0.5f;

    /// <summary>
    /// Intersection over union with one pixel added to each side, so that boxes sharing an edge overlap. Differences
    /// of coordinates are float32, what follows is double.
    /// </summary>
    public static double Overlap(in Detection a, in Detection b)
    {
        var intersection = Area(
            Math.Max(a.X1, b.X1), Math.Max(a.Y1, b.Y1), Math.Min(a.X2, b.X2), Math.Min(a.Y2, b.Y2));
        var union = Area(a.X1, a.Y1, a.X2, a.Y2) + Area(b.X1, b.Y1, b.X2, b.Y2) - intersection;
        return union == 0 ? 0 : intersection / union;
    }

    /// <summary>
    /// Where <paramref name="a"/> lies, seen from <paramref name="b"/>: "left of" or "right of", "above" or "below",
    /// both or neither. Float32 throughout.
    /// </summary>
    public static (string? Horizontal, string? Vertical) Relations(in Detection a, in Detection b, float threshold)
    {
        var offsetX = ((a.X1 + a.X2) / 2) - ((b.X1 + b.X2) / 2);
        var offsetY = ((a.Y1 + a.Y2) / 2) - ((b.Y1 + b.Y2) / 2);
        var reducedX = Reduce(offsetX, threshold * (Math.Abs(a.X2 - a.X1) + Math.Abs(b.X2 - b.X1)));
        var reducedY = Reduce(offsetY, threshold * (Math.Abs(a.Y2 - a.Y1) + Math.Abs(b.Y2 - b.Y1)));
        if (Math.Abs(reducedX) < SmallestOffset && Math.Abs(reducedY) < SmallestOffset)
            return default;

        // The share is of the offset as it was, not as reduced: near objects reach it less easily.
        var length = MathF.Sqrt((offsetX * offsetX) + (offsetY * offsetY));
        return (Side(reducedX / length, "left of", "right of"), Side(reducedY / length, "above", "below"));
    }

    private static double Area(float x1, float y1, float x2, float y2) =>
        Math.Max((double)(x2 - x1) + 1, 0) * Math.Max((double)(y2 - y1) + 1, 0);

    private static float Reduce(float offset, float by)
    {
        var rest = Math.Max(Math.Abs(offset) - by, 0);
        return offset < 0 ? -rest : offset > 0 ? rest : 0;
    }

    private static string? Side(float share, string negative, string positive) =>
        share < -AxisShare ? negative : share > AxisShare ? positive : null;
}
