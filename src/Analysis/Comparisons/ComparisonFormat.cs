using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>How a comparison is written. Equal comparisons give equal bytes.</summary>
public static class ComparisonFormat
{
    /// <summary>Of prompts that one arm does better on, so many are listed where no details are asked for.</summary>
    private const int Listed = 3;

    private static readonly string[] Columns =
        ["n", "A", "B", "A - B", "95% interval", "b", "c", "p", "p\nHolm", "sees\nat 80%"];

    private static readonly string[] Details = ["exact\np", "published\nA - B", "power\nfor it"];

    /// <param name="allowed">What spoke against the comparison and was allowed.</param>
    /// <param name="format">One of <see cref="ReportFormat.Names"/>.</param>
    /// <param name="detail">With the columns that do not decide, all prompts that differ and all notes; other formats than text have them always.</param>
    public static string Render(
        Comparison comparison, IReadOnlyList<Concern> allowed, string format, bool detail = false) => format switch
        {
            "csv" => ComparisonData.Csv(comparison, allowed),
            "json" => ComparisonData.Json(comparison, allowed),
            _ => ReportFormat.Render(Sheet(comparison, allowed, detail || format != "text"), format),
        };

    private static Sheet Sheet(Comparison comparison, IReadOnlyList<Concern> allowed, bool detail)
    {
        var (first, second) = VerdictText.Names(comparison);
        var sees = comparison.At is not ComparisonPoint.Budget && !comparison.Anytime;
        return new(
            $"A: {first}; B: {second}",
            [
                VerdictText.Of(comparison),
                .. VerdictText.OfReached(comparison) is { } reached ? [reached] : Array.Empty<string>(),
                .. VerdictText.OfLabels(comparison) is { } labels ? [labels] : Array.Empty<string>(),
                .. allowed.Select(c => $"ALLOWED ({c.Name}): {c.Text}."),
            ],
            [.. sees ? Columns : Columns[..^1], .. detail ? Details : []],
            [
                new(LineKind.Section, "Overall", []),
                .. comparison.Rows.Where(r => r.Metric.Category is null).Select(r => Line(Name(r.Metric), r)),
                .. comparison.First.Sweep.Categories.Count == 0 ? [] : (Line[])[new(LineKind.Section, "By category", [])],
                .. comparison.Rows.Where(r => r.Metric.Category is not null).Select(r => Line(Name(r.Metric), r)),
                .. comparison.Interaction is { } interaction ? [new(LineKind.Title, Interaction(interaction), [])] : (Line[])[],
                .. comparison.ByN.Count == 0 ? [] : comparison.ByN.Select(at => Line($"N={at.N}", at.Row))
                    .Prepend(new(LineKind.Section, $"By N: {Name(comparison.Metric)}", [])),
            ],
            [.. ComparisonNotes.Of(comparison), .. detail ? ComparisonNotes.Further(comparison) : ["--detail: all prompts that differ, exact p, and further notes."]])
        {
            Lists = comparison.At is ComparisonPoint.Budget ? [] :
            [
                .. comparison.Labelled.Count == 0 || !detail ? [] : (Listing[])[Labels(comparison.Labelled)],
                Differing("A", comparison.Differing.Where(d => d.First > d.Second), detail),
                Differing("B", comparison.Differing.Where(d => d.First < d.Second), detail),
            ],
        };

        Line Line(string label, MetricComparison row) =>
            new(LineKind.Values, label, [.. sees ? Cells(row) : Cells(row)[..^1], .. detail ? DetailCells(row) : []]);
    }

    internal static string Name(Metric metric) => metric == Metric.MeanOverPrompts ? "mean over prompts"
        : metric == Metric.MeanOverCategories ? "mean over categories"
        : metric.Category!;

    internal static string[] Cells(MetricComparison row) =>
    [
        $"{row.Prompts}",
        Numbers.Share(row.First),
        Numbers.Share(row.Second),
        Numbers.Signed(row.Difference),
        $"{Numbers.Signed(row.Interval.Low)}..{Numbers.Signed(row.Interval.High)}",
        $"{row.Flips?.First}",
        $"{row.Flips?.Second}",
        P(row.P),
        row.HolmP is { } holm ? P(holm) : "",
        row.Exact is null ? "" : row.Detectable is { } detectable ? Numbers.Share(detectable) : "-",
    ];

    private static string[] DetailCells(MetricComparison row) =>
    [
        row.Exact is { } exact ? P(exact.P) : "",
        row.Published is { } published ? Numbers.Signed(published) : "",
        row.PowerForPublished is { } power ? $"{power:0.00}" : "",
    ];

    private static string P(double p) => p < 0.0001 ? "<.0001" : $"{p:0.0000}";

    internal static string Interaction(Heterogeneity test) =>
        $"does the difference depend on the category? {(test.P < Comparison.Alpha ? "it does" : "no sign of it")}: Q = {test.Q:0.0}, "
        + $"{test.DegreesOfFreedom} degrees of freedom, {VerdictText.P(test.P)}";

    private static Listing Differing(string arm, IEnumerable<DifferingPrompt> prompts, bool detail)
    {
        // The largest first.
        var all = prompts.OrderByDescending(d => Math.Abs(d.First - d.Second)).ToList();
        var shown = detail || all.Count <= Listed ? all.Count : Listed;
        return new(
            $"Prompts where {arm} does better: {all.Count}",
            [
                .. all.Take(shown).Select(d =>
                    $"{d.Prompt.Index,-4}  {d.Prompt.Stratum,-13}  {d.Prompt.Prompt}"
                    + (d is { First: 0 or 1, Second: 0 or 1 } ? "" : $"  ({d.First:G3} and {d.Second:G3})")),
                .. shown < all.Count ? [$"and {all.Count - shown} more"] : Array.Empty<string>(),
            ]);
    }

    private static Listing Labels(IReadOnlyList<LabelledMetric> metrics)
    {
        static string Of(PredictionPowered value, Func<double, string> form) =>
            $"{form(value.Value)} ({form(value.Interval.Low)}..{form(value.Interval.High)})";
        return new("By people's labels (prediction-powered): A, B and A - B with 95% intervals; labelled prompts",
        [
            .. metrics.Select(m => $"{Name(m.Metric),-20}  {Of(m.First, Numbers.Share)}  {Of(m.Second, Numbers.Share)}  "
                + $"{Of(m.Difference, Numbers.Signed)}  {m.Difference.Labelled,3}"),
        ]);
    }
}
