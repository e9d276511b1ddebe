using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>
/// Finds the objects in an image of the world of shapes, without any network: what hangs together against the background is
/// compared with each shape drawn into its box, and its colour with each of the palette. Everything that speaks against an
/// object (it fits no shape well, or two; it is stretched, too small or too large; its colour is none, or several) takes
/// from its confidence.
/// </summary>
public static class PixelDetector
{
    private static readonly Lazy<string> Answers = new(DigestOfAnswers);

    /// <summary>
    /// In the place of weights: SHA-256 of what it finds in some scenes with objects that touch, so that a change of the rules
    /// is another detector.
    /// </summary>
    public static string Digest => Answers.Value;

    /// <summary>Class to its objects, in reading order.</summary>
    /// <exception cref="InvalidDataException">The image is of another size.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<Detection>> Find(RgbImage image)
    {
        if (image.Width != Scene.Size || image.Height != Scene.Size)
        {
            throw new InvalidDataException(
                $"an image of {image.Width} x {image.Height} pixels: the world of shapes has images of {Scene.Size} x {Scene.Size}");
        }

        var found = new Dictionary<string, IReadOnlyList<Detection>>();
        foreach (var blob in Blob.Find(image))
        {
            var match = ShapeMatch.Best(blob);
            var (colour, off) = NearestColour(blob);
            var name = ShapeWorld.Name(match.Shape);
            if (!found.TryGetValue(name, out var list))
            {
                found.Add(name, list = new List<Detection>());
            }

            var (left, top, right, bottom) = match.Box;
            var confidence = match.Confidence * Falling(off, 40, 90) * Falling(blob.Impurity, 12, 36);
            ((List<Detection>)list).Add(new(
                left, top, right, bottom, confidence, ShapeWorld.Colours[colour], ObjectMask.Of([.. blob.Cover.Select(c => c >= 0.5f)], Scene.Size, Scene.Size)));
        }

        return found;
    }

    /// <summary>1 up to a value, 0 from another on, and in a straight line between.</summary>
    internal static float Falling(float value, float from, float to) => MathF.Max(0, MathF.Min(1, (to - value) / (to - from)));

    /// <summary>Its index, and how far off it is, at whatever brightness fits best.</summary>
    private static (int Colour, float Off) NearestColour(Blob blob)
    {
        var (best, least) = (0, float.MaxValue);
        for (var i = 0; i < ShapeWorld.Fills.Length; i++)
        {
            var (red, green, blue) = ShapeWorld.Fills[i];
            var length = (red * red) + (green * green) + (blue * blue);
            var brightness = ((blob.Red * red) + (blob.Green * green) + (blob.Blue * blue)) / length;
            brightness = MathF.Max(SceneSampler.Darkest, MathF.Min(SceneSampler.Brightest, brightness));
            var (r, g, b) = (blob.Red - (brightness * red), blob.Green - (brightness * green), blob.Blue - (brightness * blue));
            if (MathF.Sqrt((r * r) + (g * g) + (b * b)) is var off && off < least)
            {
                (best, least) = (i, off);
            }
        }

        return (best, least);
    }

    private static string DigestOfAnswers()
    {
        var random = new NumpyRandom(0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var scene = 0; scene < 8; scene++)
        {
            var objects = ShapeWorld.Classes.All.Select((name, i) => SceneSampler.Object(name, null, 2 * i, random) with
            {
                X = (float)(12 * random.NextDouble()) - 6,
            });
            var image = SceneRenderer.Render(SceneSampler.Of([.. objects], random));
            foreach (var (name, found) in Find(image).OrderBy(f => ShapeWorld.Classes.IndexOf(f.Key)))
            {
                foreach (var d in found)
                {
                    hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
                        CultureInfo.InvariantCulture, $"{name} {d.X1:R} {d.Y1:R} {d.X2:R} {d.Y2:R} {d.Score:R} {d.Colour}\n")));
                }
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
