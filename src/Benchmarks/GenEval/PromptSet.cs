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

    private static readonly string[] NumberWords = ["zero", "one", "two", "three", "four"];

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

    /// <summary>The text of <c>evaluation_metadata.jsonl</c>.</summary>
    public static string MetadataFile(IEnumerable<PromptMetadata> prompts) =>
        string.Concat(prompts.Select(prompt => MetadataJson.Write(prompt) + "\n"));

    /// <summary>The text of <c>generation_prompts.txt</c>.</summary>
    public static string PromptFile(IEnumerable<PromptMetadata> prompts) =>
        string.Concat(prompts.Select(prompt => prompt.Prompt + "\n"));

    private static PromptMetadata SingleObject(int index)
    {
        var name = ObjectNames.All[index];
        return Prompt(Categories.SingleObject, WithArticle(name), new Clause(name, 1));
    }

    private static PromptMetadata TwoObject(NumpyRandom random)
    {
        var (a, b) = Two(random.Choice(ObjectNames.All.Count, 2), ObjectNames.All);
        return Prompt(
            Categories.TwoObject, $"{WithArticle(a)} and {WithArticle(b)}", new Clause(a, 1), new Clause(b, 1));
    }

    private static PromptMetadata Counting(NumpyRandom random)
    {
        var name = ObjectNames.All[random.NextInt(ObjectNames.All.Count)];
        var count = 2 + random.NextInt(3);
        return Prompt(Categories.Counting, $"{NumberWords[count]} {Plural(name)}", new Clause(name, count)) with
        {
            Exclude = [new Clause(name, count + 1)],
        };
    }

    private static PromptMetadata Colors(NumpyRandom random)
    {
        var name = NotPerson(random.NextInt(ObjectNames.All.Count - 1));
        var colour = Palette.Colours[random.NextInt(Palette.Colours.Count)];
        return Prompt(Categories.Colors, $"{WithArticle(colour)} {name}", new Clause(name, 1, colour));
    }

    private static PromptMetadata Position(NumpyRandom random)
    {
        var (a, b) = Two(random.Choice(ObjectNames.All.Count, 2), ObjectNames.All);
        var relation = Palette.Relations[random.NextInt(Palette.Relations.Count)];
        return Prompt(
            Categories.Position,
            $"{WithArticle(a)} {relation} {WithArticle(b)}",
            new Clause(b, 1),
            new Clause(a, 1, Position: new Position(relation, 0)));
    }

    private static PromptMetadata ColorAttr(NumpyRandom random)
    {
        var objects = random.Choice(ObjectNames.All.Count - 1, 2);
        var (a, b) = (NotPerson(objects[0]), NotPerson(objects[1]));
        var (colourA, colourB) = Two(random.Choice(Palette.Colours.Count, 2), Palette.Colours);
        return Prompt(
            Categories.ColorAttr,
            $"{WithArticle(colourA)} {a} and {WithArticle(colourB)} {b}",
            new Clause(a, 1, colourA),
            new Clause(b, 1, colourB));
    }

    private static PromptMetadata Prompt(string tag, string scene, params Clause[] include) =>
        new(tag, include, [], "a photo of " + scene);

    private static (string First, string Second) Two(int[] picks, IReadOnlyList<string> names) =>
        (names[picks[0]], names[picks[1]]);

    /// <summary>Person is first in the list, so the other 79 follow it.</summary>
    private static string NotPerson(int index) => ObjectNames.All[index + 1];

    private static string WithArticle(string word) => ("aeiou".Contains(word[0]) ? "an " : "a ") + word;

    /// <summary>The published rule and no better one: the published prompts say "benchs" and "knifes".</summary>
    private static string Plural(string name) => name + (name.EndsWith('s') ? "es" : "s");
}
