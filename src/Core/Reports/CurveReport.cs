using ReflectDiT.Eval.Core.Published;
using ReflectDiT.Eval.Core.Results;

namespace ReflectDiT.Eval.Core.Reports;

/// <summary>Layout of Table 2 of the paper: one column an N, both meanings of overall, at the published N.</summary>
public static class CurveReport
{
    public const string Layout = "curve";

    private static readonly int[] PublishedN = [1, 4, 8, 12, 16, 20];

    private static readonly (Metric Metric, string Name)[] Overall =
        [(Metric.MeanOverPrompts, "mean over prompts"), (Metric.MeanOverCategories, "mean over categories")];

    public static Report Build(SweepResults results, PublishedNumbers published)
    {
        var measures = new Measures(results, published);
        int[] columns = [.. PublishedN.Union(measures.Arms.Select(a => a.N)).Order()];
        var context = published.Tables.Where(t => t.Layout == Layout)
            .Select(t => new Section(t.Title, [.. t.Rows.Select(r => Context(r, columns))]));
        return ReportParts.Assemble(
            Layout,
            "GenEval at N",
            results,
            published,
            measures,
            [.. columns.Select(n => $"N={n}")],
            [
                .. context,
                new("This sweep", [.. results.Arms.SelectMany((_, arm) => Arm(measures, arm, columns))]),
                new(
                    "Differences between arms",
                    [.. results.Arms.Skip(1).SelectMany((_, i) => Versus(measures, i + 1, columns))]),
            ],
            [
                "A value at N is the share of prompts whose image shown after at most N tries is correct: a chain that "
                + "stopped earlier keeps the image that it shows, and a curve can go down.",
            ]);
    }

    private static Row Context(PublishedRow row, int[] columns)
    {
        var metric = row.OverallOverPrompts ? Metric.MeanOverPrompts : Metric.MeanOverCategories;
        return new(
            RowKind.Published,
            row.Label,
            [.. columns.Select(n => row.Given(n, metric) is { } value ? new Cell(row.Id, n, metric, value) : null)]);
    }

    private static IEnumerable<Row> Arm(Measures measures, int arm, int[] columns) =>
        Overall.Select(o => new Row(
            RowKind.Arm,
            $"{measures.Title(arm)}, {o.Name}",
            [.. columns.Select(n => n <= measures.Arms[arm].N ? measures.Arm(arm, n, o.Metric) : null)]));

    private static IEnumerable<Row> Versus(Measures measures, int arm, int[] columns)
    {
        var most = Math.Min(measures.Arms[arm].N, measures.Arms[0].N);
        return Overall.Select(o => new Row(
            RowKind.Difference,
            $"{measures.Title(arm)} minus {measures.Title(0)}, {o.Name}",
            [.. columns.Select(n => n <= most ? measures.Difference(arm, n, 0, n, o.Metric) : null)]));
    }
}
