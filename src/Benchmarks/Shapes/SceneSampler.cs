using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>Makes up scenes that show a prompt: just the objects that it asks for, and chance in all that it leaves open.</summary>
public static class SceneSampler
{
    /// <summary>The least and the greatest brightness of an object.</summary>
    internal const float Darkest = 0.88f;

    /// <inheritdoc cref="Darkest"/>
    internal const float Brightest = 1.12f;

    private const int Board = Scene.Cells * Scene.Cells;

    /// <param name="prompt">Of <see cref="ShapePrompts"/>.</param>
    public static Scene Sample(PromptMetadata prompt, NumpyRandom random)
    {
        if (prompt.Include is [var target, { Position: { } position } subject])
        {
            var (at, of) = Pair(position.Relation, holds: true, random);
            return Of([Object(target.Class, target.Colour, of, random), Object(subject.Class, subject.Colour, at, random)], random);
        }

        var wanted = prompt.Include.SelectMany(c => Enumerable.Repeat((c.Class, c.Colour), c.Count)).ToList();
        return Scatter(wanted, random);
    }

    /// <summary>Objects in cells at random.</summary>
    /// <param name="objects">A class and a colour each; any colour for null.</param>
    public static Scene Scatter(IReadOnlyList<(string Class, string? Colour)> objects, NumpyRandom random)
    {
        var cells = random.Choice(Board, objects.Count);
        return Of([.. objects.Select((o, i) => Object(o.Class, o.Colour, cells[i], random))], random);
    }

    internal static Scene Of(IReadOnlyList<SceneObject> objects, NumpyRandom random) => new((byte)(100 + random.NextInt(53)), objects);

    internal static SceneObject Object(string name, string? colour, int cell, NumpyRandom random) => new(
        ShapeWorld.Of(name),
        colour is null ? random.NextInt(ShapeWorld.Colours.Count) : ShapeWorld.ColourIndex(colour),
        cell,
        Between(-0.75, 0.75, random),
        Between(-0.75, 0.75, random),
        Between(5, 6.25, random), // With the jitter two pixels of background stay between neighbours.
        Between(Darkest, Brightest, random));

    /// <summary>The cells of two objects of which the first has a relation to the second, or certainly has not.</summary>
    internal static (int At, int Of) Pair(string relation, bool holds, NumpyRandom random)
    {
        while (true)
        {
            var cells = random.Choice(Board, 2);
            if (Holds(relation, cells[0], cells[1]) == holds)
            {
                return (cells[0], cells[1]);
            }
        }
    }

    /// <summary>
    /// Whether the rules see the relation between objects in two cells; null where size and jitter decide it: an offset of
    /// three cells one way and two the other is about at the rule's limit for the lesser of them.
    /// </summary>
    private static bool? Holds(string relation, int at, int of)
    {
        var (x, y) = ((at % Scene.Cells) - (of % Scene.Cells), (at / Scene.Cells) - (of / Scene.Cells));
        var (along, across) = relation switch
        {
            "left of" => (-x, y),
            "right of" => (x, y),
            "above" => (-y, x),
            _ => (y, x),
        };
        return along <= 0 ? false : along >= Math.Abs(across) ? true : along == 2 ? null : false;
    }

    private static float Between(double low, double high, NumpyRandom random) => (float)(low + ((high - low) * random.NextDouble()));
}
