namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>The shape that a blob is most like.</summary>
/// <param name="Box">Of the shape as it lies over the blob, in pixels.</param>
/// <param name="Overlap">Of the two: what both cover by what either covers.</param>
/// <param name="Second">The overlap with the next best shape.</param>
/// <param name="Confidence">0 to 1.</param>
internal readonly record struct ShapeMatch(
    Shape Shape, (float Left, float Top, float Right, float Bottom) Box, float Overlap, float Second, float Confidence)
{
    private static readonly Shape[] Shapes = Enum.GetValues<Shape>();

    /// <summary>Mean and standard deviation of where each is, in halves of its height from its centre.</summary>
    private static readonly (float X, float Y, float SpreadX, float SpreadY)[] Places = [.. Shapes.Select(PlaceOf)];

    public static ShapeMatch Best(Blob blob)
    {
        var (best, overlap, second) = (Shape.Circle, -1f, -1f);
        foreach (var shape in Shapes)
        {
            var now = OverlapOf(blob, shape);
            if (now > overlap)
            {
                (best, overlap, second) = (shape, now, overlap);
            }
            else
            {
                second = MathF.Max(second, now);
            }
        }

        var (x, y, scaleX, scaleY) = Laid(best, blob);
        var stretch = scaleX / scaleY;
        var confidence = PixelDetector.Falling(1 - overlap, 0.18f, 0.42f)
            * PixelDetector.Falling(0.06f - (overlap - second), 0, 0.06f)
            * PixelDetector.Falling(MathF.Max(stretch, 1 / stretch), 1.15f, 1.5f)
            * PixelDetector.Falling(MathF.Max(scaleY / 6.75f, 4.5f / scaleY), 1, 1.4f);
        var halfWidth = scaleX * Outline.HalfWidth(best);
        return new(best, (x - halfWidth, y - scaleY, x + halfWidth, y + scaleY), overlap, second, confidence);
    }

    /// <summary>Centre and scales of a shape that lies where a blob lies, and as wide and high.</summary>
    private static (float X, float Y, float ScaleX, float ScaleY) Laid(Shape shape, Blob blob)
    {
        var (of, at) = (Places[(int)shape], blob.Place);
        var (scaleX, scaleY) = (at.SpreadX / of.SpreadX, at.SpreadY / of.SpreadY);
        return (at.X - (scaleX * of.X), at.Y - (scaleY * of.Y), scaleX, scaleY);
    }

    private static float OverlapOf(Blob blob, Shape shape)
    {
        var (centreX, centreY, scaleX, scaleY) = Laid(shape, blob);
        var pixels = MathF.Sqrt(scaleX * scaleY);
        var (both, shapes) = (0f, 0f);
        for (var y = blob.Around.Top; y < blob.Around.Bottom; y++)
        {
            for (var x = blob.Around.Left; x < blob.Around.Right; x++)
            {
                var covered = Outline.Coverage(
                    pixels * Outline.Distance(shape, (x + 0.5f - centreX) / scaleX, (y + 0.5f - centreY) / scaleY));
                shapes += covered;
                both += MathF.Min(covered, blob.Cover[(y * Scene.Size) + x]);
            }
        }

        return both / (shapes + blob.Mass - both);
    }

    private static (float X, float Y, float SpreadX, float SpreadY) PlaceOf(Shape shape)
    {
        const int Steps = 200;
        var (count, sumX, sumY, sumXX, sumYY) = (0, 0.0, 0.0, 0.0, 0.0);
        for (var row = 0; row < Steps; row++)
        {
            for (var column = 0; column < Steps; column++)
            {
                var (x, y) = (((2 * column) + 1f) / Steps - 1, ((2 * row) + 1f) / Steps - 1);
                if (Outline.Distance(shape, x, y) < 0)
                {
                    (count, sumX, sumY, sumXX, sumYY) = (count + 1, sumX + x, sumY + y, sumXX + (x * x), sumYY + (y * y));
                }
            }
        }

        var (meanX, meanY) = (sumX / count, sumY / count);
        return (
            (float)meanX,
            (float)meanY,
            (float)Math.Sqrt((sumXX / count) - (meanX * meanX)),
            (float)Math.Sqrt((sumYY / count) - (meanY * meanY)));
    }
}
