namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>
/// The outlines of the shapes as signed distances: negative inside. Each touches all sides of its box, which is 2 high and
/// centred. Only arithmetic that IEEE 754 defines to the last bit: an image has the same bytes on every machine.
/// </summary>
internal static class Outline
{
    /// <summary>Half the width of a moon: it is as high as the others, and narrower.</summary>
    private const float MoonWidth = 0.7635f;

    /// <summary>Of a cross's arms.</summary>
    private const float ArmWidth = 0.36f;

    private static readonly (float X, float Y)[] Triangle = [(0, -1), (1, 1), (-1, 1)];

    private static readonly (float X, float Y)[] Star =
    [
        (0, -1), (0.2781f, -0.297f), (1, -0.2361f), (0.45f, 0.2594f), (0.618f, 1),
        (0, 0.6031f), (-0.618f, 1), (-0.45f, 0.2594f), (-1, -0.2361f), (-0.2781f, -0.297f),
    ];

    /// <summary>What a heart has below its two circles: its sides touch them.</summary>
    private static readonly (float X, float Y)[] HeartTip =
        [(0, 1), (0.9f, -0.2f), (0.5f, -0.5f), (-0.5f, -0.5f), (-0.9f, -0.2f)];

    public static float HalfWidth(Shape shape) => shape == Shape.Moon ? MoonWidth : 1;

    /// <summary>The distance of a point from the outline of a shape of half height 1; y down.</summary>
    public static float Distance(Shape shape, float x, float y) => shape switch
    {
        Shape.Circle => Circle(x, y, 1),
        Shape.Square => Box(x, y, 1, 1),
        Shape.Triangle => Polygon(Triangle, x, y),
        Shape.Star => Polygon(Star, x, y),
        Shape.Cross => MathF.Min(Box(x, y, 1, ArmWidth), Box(x, y, ArmWidth, 1)),
        Shape.Ring => MathF.Abs(Circle(x, y, 0.74f)) - 0.26f,
        Shape.Heart => MathF.Min(Circle(MathF.Abs(x) - 0.5f, y + 0.5f, 0.5f), Polygon(HeartTip, x, y)),
        // A disc without another: from its back to its horns it is 1.527 wide.
        Shape.Moon => MathF.Max(Circle(x - 0.2365f, y, 1), -Circle(x - 0.7865f, y, 0.85f)),
        _ => throw new ArgumentOutOfRangeException(nameof(shape), shape, null),
    };

    /// <summary>How much of a pixel is inside, when its centre is so far from the outline (in pixels).</summary>
    public static float Coverage(float distance) => MathF.Max(0, MathF.Min(1, 0.5f - distance));

    private static float Circle(float x, float y, float radius) => MathF.Sqrt((x * x) + (y * y)) - radius;

    private static float Box(float x, float y, float halfWidth, float halfHeight)
    {
        var (dx, dy) = (MathF.Abs(x) - halfWidth, MathF.Abs(y) - halfHeight);
        var (outX, outY) = (MathF.Max(dx, 0), MathF.Max(dy, 0));
        return MathF.Sqrt((outX * outX) + (outY * outY)) + MathF.Min(MathF.Max(dx, dy), 0);
    }

    /// <summary>The nearest point of all edges; inside where the edges to the right are odd in number.</summary>
    private static float Polygon((float X, float Y)[] corners, float x, float y)
    {
        var (nearest, inside) = (float.MaxValue, false);
        var a = corners[^1];
        foreach (var b in corners)
        {
            var (edgeX, edgeY, fromX, fromY) = (b.X - a.X, b.Y - a.Y, x - a.X, y - a.Y);
            var along = ((fromX * edgeX) + (fromY * edgeY)) / ((edgeX * edgeX) + (edgeY * edgeY));
            along = MathF.Max(0, MathF.Min(1, along));
            var (gapX, gapY) = (fromX - (edgeX * along), fromY - (edgeY * along));
            nearest = MathF.Min(nearest, (gapX * gapX) + (gapY * gapY));
            if (a.Y > y != b.Y > y && fromX < edgeX * fromY / edgeY)
            {
                inside = !inside;
            }

            a = b;
        }

        return inside ? -MathF.Sqrt(nearest) : MathF.Sqrt(nearest);
    }
}
