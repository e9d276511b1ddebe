using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>A prompt that a scene nearly shows, and what is wrong with the scene for it: what a judge has to learn to see.</summary>
public sealed record NearlyRight(PromptMetadata Prompt, ShapeFault Fault)
{
    /// <summary>
    /// Changes one word of a prompt (a shape, a number, a colour, a relation) or swaps two, so that the scene shows it no more;
    /// the opening only where no prompt for training has the same.
    /// </summary>
    /// <param name="prompt">That the scene shows.</param>
    /// <param name="sets">The result is one of their prompts for training, so that nothing held out is learned.</param>
    /// <returns>Null where no such prompt is one for training.</returns>
    public static NearlyRight? Sample(PromptMetadata prompt, Scene scene, ShapePrompts sets, NumpyRandom random)
    {
        var found = scene.Detections();
        foreach (var grammar in ShapePrompts.GrammarsFor(prompt.Prompt))
        {
            var changed = Changes(prompt, grammar).Where(c => sets.IsOfTraining(c.Prompt)).ToList();
            while (changed.Count > 0)
            {
                var pick = random.NextInt(changed.Count);
                if (ShapeFault.First(changed[pick], found) is { } fault)
                {
                    return new(changed[pick], fault);
                }

                changed.RemoveAt(pick);
            }
        }

        return null;
    }

    private static IEnumerable<PromptMetadata> Changes(PromptMetadata prompt, PromptGrammar grammar)
    {
        var (shapes, colours) = (ShapeWorld.Classes.All, ShapeWorld.Colours);
        switch (prompt.Tag, prompt.Include)
        {
            case (Categories.SingleObject, [var one]):
                return Others(shapes, one.Class).Select(grammar.SingleObject);
            case (Categories.Counting, [var one]):
                return
                [
                    .. Enumerable.Range(2, 3).Where(n => n != one.Count).Select(n => grammar.Counting(one.Class, n)),
                    .. Others(shapes, one.Class).Select(s => grammar.Counting(s, one.Count)),
                ];
            case (Categories.Colors, [{ Colour: { } colour } one]):
                return
                [
                    .. Others(colours, colour).Select(c => grammar.Colors(one.Class, c)),
                    .. Others(shapes, one.Class).Select(s => grammar.Colors(s, colour)),
                ];
            case (Categories.Position, [var b, { Position.Relation: var relation } a]):
                return
                [
                    grammar.Position(b.Class, relation, a.Class),
                    .. Others(Palette.Relations, relation).Select(r => grammar.Position(a.Class, r, b.Class)),
                    .. Others(shapes, a.Class, b.Class).Select(s => grammar.Position(s, relation, b.Class)),
                    .. Others(shapes, a.Class, b.Class).Select(s => grammar.Position(a.Class, relation, s)),
                ];
            case (Categories.ColorAttr, [{ Colour: { } colourA } a, { Colour: { } colourB } b]):
                return
                [
                    grammar.ColorAttr(a.Class, colourB, b.Class, colourA),
                    .. Others(colours, colourA, colourB).Select(c => grammar.ColorAttr(a.Class, c, b.Class, colourB)),
                    .. Others(colours, colourA, colourB).Select(c => grammar.ColorAttr(a.Class, colourA, b.Class, c)),
                    .. Others(shapes, a.Class, b.Class).Select(s => grammar.ColorAttr(s, colourA, b.Class, colourB)),
                    .. Others(shapes, a.Class, b.Class).Select(s => grammar.ColorAttr(a.Class, colourA, s, colourB)),
                ];
            case (_, [var a, var b]):
                return
                [
                    .. Others(shapes, a.Class, b.Class).Select(s => grammar.TwoObject(s, b.Class)),
                    .. Others(shapes, a.Class, b.Class).Select(s => grammar.TwoObject(a.Class, s)),
                ];
            default:
                throw new ArgumentException($"'{prompt.Prompt}' is not a prompt of the world of shapes.", nameof(prompt));
        }
    }

    private static IEnumerable<string> Others(IReadOnlyList<string> all, params string[] but) => all.Where(a => !but.Contains(a));
}
