using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>
/// GenEval's prompts for any seed, as the published script draws them: one generator through six categories, then
/// exact duplicates removed, the first kept.
/// </summary>
public static class PromptSet
{
    public const int PublishedSeed = 43;
    public const int PublishedPerTask = 100;

    /// <summary>Beyond it there is nothing new to draw.</summary>
    public const int MostPerTask = 1_000_000;

    /// <summary>What the number of draws is, as it is told to people.</summary>
    public const string PerTaskHelp = "Draws in each category but single_object; the published set has 100";

    private static readonly PromptGrammar Grammar = new("a photo of");

    private static readonly Lazy<IReadOnlyList<PromptMetadata>> PublishedSet =
        new(() => Generate(PublishedSeed, PublishedPerTask));

    /// <summary>The benchmark itself: the 553 prompts of seed 43 with 100 draws a category.</summary>
    public static IReadOnlyList<PromptMetadata> Published => PublishedSet.Value;

    /// <param name="seed">Seed of the one generator; the published set has 43.</param>
    /// <param name="perTask">
    /// Draws in each category but single_object, which always names each class once; the published set has 100.
    /// Fewer prompts remain where a draw repeats an earlier one.
    /// </param>
    public static IReadOnlyList<PromptMetadata> Generate(UInt128 seed, int perTask)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(perTask);
        var random = new NumpyRandom(seed);

        // The order of the draws is part of the published result: categories in file order, all of one before the next.
        var drawn = random.Choice(ObjectNames.All.Count, ObjectNames.All.Count).Select(SingleObject)
            .Concat(Draws(TwoObject))
            .Concat(Draws(Counting))
            .Concat(Draws(Colors))
            .Concat(Draws(Position))
            .Concat(Draws(ColorAttr));

        // Prompts of equal text are equal in every other field too.
        return [.. drawn.DistinctBy(prompt => prompt.Prompt)];

        IEnumerable<PromptMetadata> Draws(Func<NumpyRandom, PromptMetadata> draw) =>
            Enumerable.Range(0, perTask).Select(_ => draw(random));
    }

    private static PromptMetadata SingleObject(int index) => Grammar.SingleObject(ObjectNames.All[index]);

    private static PromptMetadata TwoObject(NumpyRandom random)
    {
        var (a, b) = Two(random.Choice(ObjectNames.All.Count, 2), ObjectNames.All);
        return Grammar.TwoObject(a, b);
    }

    private static PromptMetadata Counting(NumpyRandom random)
    {
        var name = ObjectNames.All[random.NextInt(ObjectNames.All.Count)];
        return Grammar.Counting(name, 2 + random.NextInt(3));
    }

    private static PromptMetadata Colors(NumpyRandom random)
    {
        var name = NotPerson(random.NextInt(ObjectNames.All.Count - 1));
        return Grammar.Colors(name, Palette.Colours[random.NextInt(Palette.Colours.Count)]);
    }

    private static PromptMetadata Position(NumpyRandom random)
    {
        var (a, b) = Two(random.Choice(ObjectNames.All.Count, 2), ObjectNames.All);
        return Grammar.Position(a, Palette.Relations[random.NextInt(Palette.Relations.Count)], b);
    }

    private static PromptMetadata ColorAttr(NumpyRandom random)
    {
        var objects = random.Choice(ObjectNames.All.Count - 1, 2);
        var (colourA, colourB) = Two(random.Choice(Palette.Colours.Count, 2), Palette.Colours);
        return Grammar.ColorAttr(NotPerson(objects[0]), colourA, NotPerson(objects[1]), colourB);
    }

    private static (string First, string Second) Two(int[] picks, IReadOnlyList<string> names) =>
        (names[picks[0]], names[picks[1]]);

    /// <summary>Person is first in the list, so the other 79 follow it.</summary>
    private static string NotPerson(int index) => ObjectNames.All[index + 1];
}
