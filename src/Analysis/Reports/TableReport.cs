using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>
/// A sweep in the layout of a published table: the published rows, the sweep's arms, and their differences. Which
/// layouts there are, their columns and rows, is data (<see cref="PublishedTable"/>).
/// </summary>
public sealed class TableReport
{
    private readonly PublishedNumbers _published;
    private readonly Measures _measures;
    private readonly IReadOnlyList<PublishedTable> _tables;
    private readonly IReadOnlyList<Metric> _metrics;

    /// <summary>Every N that the tables or the arms have, and 1.</summary>
    private readonly int[] _attempts;

    private TableReport(SweepResults results, string layout)
    {
        _published = results.Tables.Published;
        _measures = new(results);
        _tables = _published.Layout(layout);
        _metrics = _tables[0].Metrics;
        var most = _measures.Arms.Max(a => (int?)a.N) ?? 0;
        _attempts =
        [
            .. _tables.SelectMany(t => t.Rows).SelectMany(r => r.Points).Select(p => p.N)
                .Union(_tables.SelectMany(t => t.Attempts).Where(n => n <= most))
                .Union(_measures.Arms.Select(a => a.N)).Append(1).Distinct().Order(),
        ];
    }

    /// <exception cref="ArgumentException">There is no such layout, or the images are not scored.</exception>
    public static Report Build(SweepResults results, string layout) =>
        results.Scorer is null ? throw new ArgumentException(results.Unscored) : new TableReport(results, layout).Make(results, layout);

    private Report Make(SweepResults results, string layout)
    {
        var byAttempts = _tables[0].Columns is ColumnsOf.Attempts;
        var ours = _tables[0].Columns is not ColumnsOf.OtherBenchmark;
        var arms = ours ? Enumerable.Range(0, results.Arms.Count).ToList() : [];
        Section[] sections =
        [
            .. _tables.Select(t => new Section(
                t.Title,
                [.. t.Rows.Select(r => (byAttempts ? PublishedOverAttempts(r) : PublishedOverMetrics(r)) with { Detail = arms.Count > 0 })])),
            new("This sweep", [.. arms.SelectMany(a => byAttempts ? ArmOverAttempts(a) : ArmOverMetrics(a))]),
            new("Differences between arms",
                [
                    .. arms.Skip(1).SelectMany(a => byAttempts ? VersusOverAttempts(a) : VersusOverMetrics(a))
                        // Of many arms 'compare SWEEP' says more in fewer lines.
                        .Select(r => r with { Detail = r.Detail || arms.Count > 2 }),
                ]),
        ];
        string[] layoutNotes = !ours ? [] : byAttempts
            ?
            [
                (results.Graded
                    ? "A value at N is the mean score of the image shown after at most N tries: a chain "
                    : "A value at N is the share of prompts whose image shown after at most N tries is "
                        + $"{results.Tables.Words.Pass}: a chain ")
                + "that stopped earlier keeps the image that it shows, and a curve can go down.",
            ]
            : ["N=1 is the first image of each chain: the generator without its loop."];
        var notes = Notes(r => !r.Detail);
        return ReportParts.Assemble(
            layout,
            _tables[0].Title,
            results,
            _measures,
            byAttempts ? [.. _attempts.Select(n => $"N={n}")] : [.. _metrics.Select(m => m.Label)],
            sections,
            notes,
            [.. Notes(r => true).Except(notes), .. layoutNotes, .. ReportParts.PublishedNotes(_tables)]);

        IReadOnlyList<string> Notes(Func<Row, bool> of) => arms.Count > 0
            ? [.. ReportParts.StatisticsNotes([.. sections.SelectMany(s => s.Rows).Where(of)], results, _measures)]
            : [];
    }

    private Row PublishedOverMetrics(PublishedRow row)
    {
        var n = row.Points[0].N;
        return new(RowKind.Published, row.Label, Over(_metrics, m =>
            (row.Given(n, m) ?? row.Calculated(n, m, _published.Prompts)) is { } value
                ? new Cell(row.Id, n, m, value)
                : null));
    }

    private Row PublishedOverAttempts(PublishedRow row)
    {
        var metric = row.OverallIs == Metric.MeanOverPrompts.Id ? Metric.MeanOverPrompts : Metric.MeanOverCategories;
        return new(RowKind.Published, row.Label, Over(_attempts, n =>
            row.Given(n, metric) is { } value ? new Cell(row.Id, n, metric, value) : null));
    }

    private IEnumerable<Row> ArmOverMetrics(int arm) =>
        new[] { 1, _measures.Arms[arm].N }.Distinct().Select(n => new Row(
            RowKind.Arm, $"{_measures.Title(arm)}, N={n}", Over(_metrics, m => _measures.Arm(arm, n, m)))
        {
            Detail = n < _measures.Arms[arm].N,
        });

    private IEnumerable<Row> ArmOverAttempts(int arm) => _metrics.Select(m => new Row(
        RowKind.Arm,
        $"{_measures.Title(arm)}, {Name(m)}",
        Over(_attempts, n => n <= _measures.Arms[arm].N ? _measures.Arm(arm, n, m) : null))
    {
        Detail = m != _metrics[0],
    });

    private IEnumerable<Row> VersusOverMetrics(int arm)
    {
        var (later, first) = (_measures.Arms[arm].N, _measures.Arms[0].N);
        yield return new(
            RowKind.Difference,
            $"{_measures.Title(arm)}, N={later}, minus {_measures.Title(0)}, N={first}",
            Over(_metrics, m => _measures.Difference(arm, later, 0, first, m)));
    }

    private IEnumerable<Row> VersusOverAttempts(int arm)
    {
        var most = Math.Min(_measures.Arms[arm].N, _measures.Arms[0].N);
        return _metrics.Select(m => new Row(
            RowKind.Difference,
            $"{_measures.Title(arm)} minus {_measures.Title(0)}, {Name(m)}",
            Over(_attempts, n => n <= most ? _measures.Difference(arm, n, 0, n, m) : null))
        {
            Detail = m != _metrics[0],
        });
    }

    private static string Name(Metric overall) =>
        overall == Metric.MeanOverPrompts ? "mean over prompts" : "mean over categories";

    private static IReadOnlyList<Cell?> Over<T>(IEnumerable<T> columns, Func<T, Cell?> cell) =>
        [.. columns.Select(cell)];
}
