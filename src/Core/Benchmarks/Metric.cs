namespace ReflectDiT.Eval.Core.Benchmarks;

/// <summary>
/// What a number measures: the mean score of the shown images over prompts, or the mean of such means over the categories
/// (the strata of a benchmark). The published "overall" is the first in some papers and the second in others.
/// </summary>
/// <param name="Id">Its name in data.</param>
/// <param name="Label">Its name in a table, one line a row of the heading.</param>
/// <param name="Category">The stratum, or null for an overall mean.</param>
public sealed record Metric(string Id, string Label, string? Category = null)
{
    public static Metric MeanOverPrompts { get; } = new("mean_over_prompts", "overall\nmean over\nprompts");

    public static Metric MeanOverCategories { get; } = new("mean_over_categories", "overall\nmean over\ncategories");

    /// <summary>Further strata that it is the mean over: those of a subset that has a column of its own.</summary>
    public IReadOnlyList<string> Within { get; init; } = [];

    /// <summary>Whether a prompt of the stratum <paramref name="stratum"/> counts.</summary>
    public bool Covers(string stratum) => Category is null || Category == stratum || Within.Contains(stratum);
}
