using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>The eight shapes, in the order of <see cref="ShapeWorld.Classes"/>.</summary>
public enum Shape
{
    Circle,
    Square,
    Triangle,
    Star,
    Cross,
    Ring,
    Heart,
    Moon,
}

/// <summary>The names of shapes and colours, and how the colours look.</summary>
public static class ShapeWorld
{
    public static ClassNames Classes { get; } =
        new("the eight shapes", ["circle", "square", "triangle", "star", "cross", "ring", "heart", "moon"]);

    /// <summary>GenEval's ten, in its order.</summary>
    public static IReadOnlyList<string> Colours => Palette.Colours;

    /// <summary>Their red, green and blue, 0 to 255. All keep well away from the greys of the background.</summary>
    internal static readonly (byte Red, byte Green, byte Blue)[] Fills =
    [
        (0xD6, 0x28, 0x28), (0xF5, 0x8A, 0x1F), (0xF7, 0xDC, 0x3A), (0x2F, 0xA3, 0x3D), (0x2F, 0x62, 0xD1),
        (0x7B, 0x2F, 0xB0), (0xF5, 0x8A, 0xC8), (0x7A, 0x46, 0x20), (0x14, 0x14, 0x14), (0xF4, 0xF4, 0xF4),
    ];

    internal static int ColourIndex(string colour) => Array.IndexOf([.. Colours], colour);

    public static string Name(Shape shape) => Classes.All[(int)shape];

    /// <param name="name">One of <see cref="Classes"/>.</param>
    public static Shape Of(string name) => (Shape)Classes.IndexOf(name);
}
