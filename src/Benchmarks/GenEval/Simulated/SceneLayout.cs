using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>An object that is yet to be placed.</summary>
internal sealed record SceneCard(string Class, string Colour, int Confidence);

/// <summary>Places cards so that none touch and GenEval's rule of relative position has one clear answer.</summary>
internal static class SceneLayout
{
    private const int Half = Scene.Size / 2;
    private const int Columns = 3;
    private const int Cell = (Scene.Size - 2) / Columns;

    public static Scene Alone(SceneCard? card, NumpyRandom random)
    {
        var (width, height) = (Between(100, 180, random), Between(100, 180, random));
        var (x, y) = (random.NextInt(Scene.Size - width), random.NextInt(Scene.Size - height));
        return new Scene(card is null ? [] : [Place(card, x, y, width, height)]);
    }

    /// <summary>Up to nine cards in cells of three columns and rows, in random order.</summary>
    public static Scene Scattered(IReadOnlyList<SceneCard> cards, NumpyRandom random)
    {
        var cells = random.Choice(Columns * Columns, cards.Count);
        return new Scene(cards.Select((card, i) =>
        {
            var (width, height) = (Between(76, 80, random), Between(60, 80, random));
            var x = 1 + cells[i] % Columns * Cell + Between(1, Cell - 1 - width, random);
            var y = 1 + cells[i] / Columns * Cell + Between(1, Cell - 1 - height, random);
            return Place(card, x, y, width, height);
        }).ToList());
    }

    /// <summary>
    /// <paramref name="subject"/> left of, right of, above or below <paramref name="target"/>. The centres are at least
    /// 92 pixels apart on that axis and at most 32 on the other, which leaves the rule no second relation.
    /// </summary>
    public static Scene Beside(SceneCard? target, SceneCard? subject, string relation, NumpyRandom random)
    {
        var subjectFirst = relation is "left of" or "above";
        var acrossColumns = relation is "left of" or "right of";
        var cards = new List<SceneObject>();
        foreach (var (card, first) in new[] { (target, !subjectFirst), (subject, subjectFirst) })
        {
            var (along, across) = (Between(84, 112, random), Between(84, 112, random));
            var start = (first ? 4 : Half + 4) + random.NextInt(Half - 8 - along + 1);
            var side = Half - across / 2 + Between(-16, 16, random);
            if (card is not null)
            {
                cards.Add(acrossColumns
                    ? Place(card, start, side, along, across)
                    : Place(card, side, start, across, along));
            }
        }

        return new Scene(cards);
    }

    private static int Between(int min, int max, NumpyRandom random) => min + random.NextInt(max - min + 1);

    private static SceneObject Place(SceneCard card, int x, int y, int width, int height) =>
        new(card.Class, x, y, width, height, card.Colour, card.Confidence);
}
