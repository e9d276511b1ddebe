using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>One object of a simulated image. The box is in whole pixels, right and bottom edge exclusive.</summary>
/// <param name="Colour">One of <see cref="Palette.Colours"/>.</param>
/// <param name="Confidence">How sure a detector is of it, in thousandths: 0 to 1000.</param>
public sealed record SceneObject(string Class, int X, int Y, int Width, int Height, string Colour, int Confidence);

/// <summary>What a simulated image shows, in reading order of the objects' top left corners.</summary>
public sealed class Scene(IEnumerable<SceneObject> objects)
{
    /// <summary>Side of every simulated image in pixels.</summary>
    public const int Size = 256;

    public IReadOnlyList<SceneObject> Objects { get; } = [.. objects.OrderBy(o => o.Y).ThenBy(o => o.X)];

    /// <summary>What a detector finds in the scene's image.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Detection>> Detections()
    {
        var detections = new Dictionary<string, IReadOnlyList<Detection>>();
        foreach (var found in Objects)
        {
            if (!detections.TryGetValue(found.Class, out var list))
            {
                detections.Add(found.Class, list = new List<Detection>());
            }

            ((List<Detection>)list).Add(new Detection(
                found.X,
                found.Y,
                found.X + found.Width,
                found.Y + found.Height,
                found.Confidence / 1000f,
                found.Colour));
        }

        return detections;
    }
}
