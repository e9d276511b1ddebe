using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>Draws scenes with soft edges: 64 x 64 pixels of red, green and blue.</summary>
public static class SceneRenderer
{
    /// <summary>Bytes of an image.</summary>
    public const int Bytes = 3 * Scene.Size * Scene.Size;

    public static RgbImage Render(Scene scene)
    {
        var image = new RgbImage(Scene.Size, Scene.Size, new byte[Bytes]);
        Render(scene, image.Rgb);
        return image;
    }

    /// <param name="rgb">Of <see cref="Bytes"/>, row by row, three a pixel.</param>
    public static void Render(Scene scene, Span<byte> rgb)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rgb.Length, Bytes);
        rgb.Fill(scene.Grey);
        foreach (var one in scene.Objects)
        {
            Paint(one, rgb);
        }
    }

    private static void Paint(in SceneObject one, Span<byte> rgb)
    {
        var fill = ShapeWorld.Fills[one.Colour];
        var (red, green, blue) = (one.Brightness * fill.Red, one.Brightness * fill.Green, one.Brightness * fill.Blue);
        var (left, right) = Reach(one.CentreX, one.Radius);
        var (top, bottom) = Reach(one.CentreY, one.Radius);
        for (var y = top; y < bottom; y++)
        {
            for (var x = left; x < right; x++)
            {
                var distance = one.Radius * Outline.Distance(
                    one.Shape, (x + 0.5f - one.CentreX) / one.Radius, (y + 0.5f - one.CentreY) / one.Radius);
                if (Outline.Coverage(distance) is > 0 and var coverage)
                {
                    var pixel = rgb.Slice(3 * ((y * Scene.Size) + x), 3);
                    pixel[0] = Mix(pixel[0], red, coverage);
                    pixel[1] = Mix(pixel[1], green, coverage);
                    pixel[2] = Mix(pixel[2], blue, coverage);
                }
            }
        }
    }

    /// <summary>The pixels that an object can touch in one direction; the last exclusive.</summary>
    private static (int From, int To) Reach(float centre, float radius) =>
        (Math.Max(0, (int)(centre - radius - 1)), Math.Min(Scene.Size, (int)(centre + radius + 2)));

    private static byte Mix(byte below, float above, float coverage) =>
        (byte)MathF.Min(255, below + ((above - below) * coverage) + 0.5f);
}
