using ReflectDiT.Eval.Core.Published;
using ReflectDiT.Eval.Core.Results;

namespace ReflectDiT.Eval.Core.Reports;

/// <summary>Layout of Table 1 of the paper: one column a metric; every arm at its N and at N=1.</summary>
public static class Table1Report
{
    public const string Layout = "table1";

    public static Report Build(SweepResults results, PublishedNumbers published)
    {
        var measures = new Measures(results, published);
        var context = published.Tables.Where(t => t.Layout == Layout)
            .Select(t => new Section(t.Title, [.. t.Rows.Select(r => Context(r, published))]));
        return ReportParts.Assemble(
            Layout,
            "GenEval, layout of Table 1",
            results,
            published,
            measures,
            [.. Metric.All.Select(m => m.Label)],
            [
                .. context,
                new("This sweep", [.. results.Arms.SelectMany((_, arm) => Arm(measures, arm))]),
                new("Differences between arms", [.. results.Arms.Skip(1).Select((_, i) => Versus(measures, i + 1))]),
            ],
            ["N=1 is the first image of each chain: the generator without its loop."]);
    }

    private static Row Context(PublishedRow row, PublishedNumbers published)
    {
        var n = row.Points[0].N;
        return new(
            RowKind.Published,
            row.Label,
            [
                .. Metric.All.Select(m =>
                    (row.Given(n, m) ?? row.Calculated(n, m, published.Prompts)) is { } value
                        ? new Cell(row.Id, n, m, value)
                        : null),
            ]);
    }

    private static IEnumerable<Row> Arm(Measures measures, int arm) =>
        new[] { 1, measures.Arms[arm].N }.Distinct().Select(n => new Row(
            RowKind.Arm,
            $"{measures.Title(arm)}, N={n}",
            [.. Metric.All.Select(m => measures.Arm(arm, n, m))]));

    private static Row Versus(Measures measures, int arm)
    {
        var (later, first) = (measures.Arms[arm], measures.Arms[0]);
        return new(
            RowKind.Difference,
            $"{measures.Title(arm)}, N={later.N}, minus {measures.Title(0)}, N={first.N}",
            [.. Metric.All.Select(m => measures.Difference(arm, later.N, 0, first.N, m))]);
    }
}
