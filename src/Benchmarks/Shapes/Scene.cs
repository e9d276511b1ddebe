using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>An object on the board.</summary>
/// <param name="Colour">Index into <see cref="ShapeWorld.Colours"/>.</param>
/// <param name="Cell">0 to 15, row by row; no two objects share one.</param>
/// <param name="X">Of its centre, in pixels from that of the cell.</param>
/// <param name="Y">Likewise; down.</param>
/// <param name="Radius">Half its height, in pixels.</param>
/// <param name="Brightness">What its colour is multiplied with.</param>
public readonly record struct SceneObject(Shape Shape, int Colour, int Cell, float X, float Y, float Radius, float Brightness)
{
    public float CentreX => (Cell % Scene.Cells * Scene.CellSize) + (Scene.CellSize / 2) + X;

    public float CentreY => (Cell / Scene.Cells * Scene.CellSize) + (Scene.CellSize / 2) + Y;
}

/// <summary>What an image of the world of shapes shows: objects in cells of a board, on grey.</summary>
/// <param name="Grey">Of the background, 0 to 255.</param>
public sealed record Scene(byte Grey, IReadOnlyList<SceneObject> Objects)
{
    /// <summary>Side of every image, in pixels.</summary>
    public const int Size = Cells * CellSize;

    /// <summary>In a row, and in a column.</summary>
    public const int Cells = 4;

    public const int CellSize = 16;

    /// <summary>What a detector without error finds in its image.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Detection>> Detections()
    {
        var found = new Dictionary<string, IReadOnlyList<Detection>>();
        foreach (var o in Objects)
        {
            var name = ShapeWorld.Name(o.Shape);
            if (!found.TryGetValue(name, out var list))
            {
                found.Add(name, list = new List<Detection>());
            }

            var halfWidth = o.Radius * Outline.HalfWidth(o.Shape);
            ((List<Detection>)list).Add(new(
                o.CentreX - halfWidth, o.CentreY - o.Radius, o.CentreX + halfWidth, o.CentreY + o.Radius, 1, ShapeWorld.Colours[o.Colour]));
        }

        return found;
    }
}
