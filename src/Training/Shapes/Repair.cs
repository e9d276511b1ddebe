using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>A right scene of a prompt that is as near as can be to one that is wrong: what a reflection is to draw.</summary>
internal static class Repair
{
    /// <summary>So many right scenes are tried.</summary>
    private const int Tries = 4;

    /// <summary>
    /// Of some right scenes each object takes the place and look of one that is there, as long as the scene stays right; the
    /// scene that takes over most is the result.
    /// </summary>
    /// <param name="prompt">Index of the training prompt.</param>
    /// <param name="wrong">What is there.</param>
    public static Scene Of(int prompt, Scene wrong, NumpyRandom random)
    {
        var asked = ShapePrompts.Published.Training[prompt];
        var (best, most) = (wrong, -1);
        for (var i = 0; i < Tries; i++)
        {
            var objects = SceneSampler.Sample(asked, random).Objects.ToArray();
            var free = wrong.Objects.ToList();
            var taken = 0;
            for (var at = 0; at < objects.Length; at++)
            {
                var old = objects[at];
                foreach (var there in free.OrderBy(there => there.Shape == old.Shape ? 0 : 1))
                {
                    if (objects.Where((_, other) => other != at).Any(other => other.Cell == there.Cell))
                        continue;
                    objects[at] = there with { Shape = old.Shape };
                    if (IsRight(objects))
                    {
                        free.Remove(there);
                        taken += there.Shape == old.Shape ? 3 : 1;
                        break;
                    }

                    objects[at] = old with { Cell = there.Cell, X = there.X, Y = there.Y };
                    if (IsRight(objects))
                    {
                        free.Remove(there);
                        taken++;
                        break;
                    }

                    objects[at] = old;
                }
            }

            if (taken > most)
                (best, most) = (new(wrong.Grey, objects), taken);
        }

        return best;

        bool IsRight(IReadOnlyList<SceneObject> objects) => ShapeFault.First(asked, new Scene(0, objects).Detections()) is null;
    }

    /// <summary>What the pixel detector sees in an image, as a scene.</summary>
    public static Scene Seen(RgbImage image)
    {
        var objects = new List<SceneObject>();
        foreach (var (name, found) in PixelDetector.Find(image))
        {
            foreach (var one in found)
            {
                var (x, y) = ((one.X1 + one.X2) / 2, (one.Y1 + one.Y2) / 2);
                var (column, row) = (Cell(x), Cell(y));
                objects.Add(new(
                    ShapeWorld.Of(name), one.Colour is null ? 0 : ShapeWorld.Colours.ToList().IndexOf(one.Colour), (row * Scene.Cells) + column,
                    Inner(x - ((column + 0.5f) * Scene.CellSize)), Inner(y - ((row + 0.5f) * Scene.CellSize)),
                    Math.Clamp((one.Y2 - one.Y1) / 2, 5, 6.25f), 1));
            }
        }

        // Most of an image is background, which is grey: its red is its grey.
        var reds = image.Rgb.Where((_, i) => i % 3 == 0).Order().ToArray();
        return new(reds[reds.Length / 2], [.. objects.DistinctBy(one => one.Cell)]);
    }

    private static int Cell(float pixel) => Math.Clamp((int)(pixel / Scene.CellSize), 0, Scene.Cells - 1);

    private static float Inner(float offset) => Math.Clamp(offset, -0.75f, 0.75f);
}
