using ReflectDiT.Eval.Benchmarks.Shapes;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>Every word of the prompts and of the sentences that say what is wrong.</summary>
internal static class ShapesWords
{
    /// <summary>Those of sentences that no prompt has.</summary>
    private const string OfSentences =
        "correct there is are no not should be but it the one two three four five six seven eight nine ten many none another colour at same place "
        + "above below left right of and";

    /// <summary>Those that prompts and sentences begin with.</summary>
    public static IReadOnlyList<string> First { get; } = [ShapeFault.None, "there", "the", "an", "a"];

    public static IReadOnlyList<string> All { get; } =
    [
        .. ShapePrompts.Published.Training.Concat(ShapePrompts.Published.Validation).Concat(ShapePrompts.Published.Test)
            .SelectMany(prompt => prompt.Prompt.Split(' ')).Concat(OfSentences.Split(' '))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];
}
