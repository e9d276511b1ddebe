using ReflectDiT.Eval.Core.GenEval;

namespace ReflectDiT.Eval.Core.Reports;

/// <summary>
/// What a number measures. In GenEval's table it is a share of prompts whose shown image is correct, or the mean of such
/// shares over the categories: the published "overall" is the first in some papers and the second in others.
/// </summary>
/// <param name="Id">Its name in data.</param>
/// <param name="Label">Its name in a table, one line a row of the heading.</param>
/// <param name="Category">The category, or null for an overall mean.</param>
public sealed record Metric(string Id, string Label, string? Category = null)
{
    public static Metric MeanOverPrompts { get; } = new("mean_over_prompts", "overall\nmean over\nprompts");

    public static Metric MeanOverCategories { get; } = new("mean_over_categories", "overall\nmean over\ncategories");

    /// <summary>In the order of the columns of Table 1.</summary>
    public static IReadOnlyList<Metric> All { get; } =
    [
        MeanOverPrompts,
        MeanOverCategories,
        new(Categories.SingleObject, "single\nobject", Categories.SingleObject),
        new(Categories.TwoObject, "two\nobjects", Categories.TwoObject),
        new(Categories.Counting, "counting", Categories.Counting),
        new(Categories.Colors, "colors", Categories.Colors),
        new(Categories.Position, "position", Categories.Position),
        new(Categories.ColorAttr, "color\nattr.", Categories.ColorAttr),
    ];

    /// <summary>Whether a prompt of category <paramref name="tag"/> counts.</summary>
    public bool Covers(string tag) => Category is null || Category == tag;
}
