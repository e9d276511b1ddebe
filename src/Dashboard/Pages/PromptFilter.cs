using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>Which prompts are shown, and in what order.</summary>
/// <param name="Category">A stratum of the benchmark; null for all.</param>
/// <param name="Show">One of <see cref="Kinds"/>; null for all.</param>
/// <param name="Text">Words that the prompt holds, in any case; null for any.</param>
/// <param name="ByDifficulty">The hardest first, instead of the benchmark's order.</param>
public sealed record PromptFilter(string? Category = null, string? Show = null, string? Text = null, bool ByDifficulty = false)
{
    public const string Flipped = "flipped";
    public const string Disagree = "disagree";
    public const string Never = "never";
    public const string Early = "early";
    public const string Difficulty = "difficulty";

    public static PromptFilter All { get; } = new();

    /// <summary>What prompts can be picked by, and how people are told of it.</summary>
    public static IReadOnlyList<(string Id, string Label)> Kinds { get; } =
    [
        (Flipped, "flipped between arms"),
        (Disagree, "judge and scorer disagree"),
        (Never, "never solved"),
        (Early, "stopped early"),
    ];

    public IEnumerable<(string, string?)> Query =>
        [("category", Category), ("show", Show), ("q", Text), ("sort", ByDifficulty ? Difficulty : null)];

    public IReadOnlyList<PromptFacts> Of(IReadOnlyList<PromptFacts> prompts)
    {
        var words = Text is null ? null : PlainName.Of(Text);
        var found = prompts.Where(p => (Category is null || p.Prompt.Stratum == Category)
            && (words is null || p.Prompt.Prompt.Contains(words, StringComparison.OrdinalIgnoreCase))
            && Show switch
            {
                Flipped => p.Flipped,
                Disagree => p.Disagreements > 0,
                Never => p.NeverSolved,
                Early => p.StoppedEarly,
                _ => true,
            });
        return [.. ByDifficulty ? found.OrderByDescending(p => p.Difficulty ?? -1).ThenBy(p => p.Prompt.Index) : found];
    }
}
