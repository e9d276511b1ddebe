namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>A report as people read it.</summary>
internal static class Grid
{
    /// <summary>What stands where there is nothing to measure.</summary>
    private const string Nothing = "-";

    /// <summary>All of it, for documents.</summary>
    public static Sheet Of(Report report) =>
        Of(report, report.Sections, [.. report.Notes, .. report.Details], Lines);

    /// <summary>For a terminal: narrow, and without rows and footnotes that only details need.</summary>
    public static Sheet OfTerminal(Report report, bool detail)
    {
        if (detail)
        {
            return Of(report, report.Sections, [.. report.Notes, .. report.Details], Narrow);
        }

        List<Section> sections = [.. report.Sections.Select(s => s with { Rows = [.. s.Rows.Where(r => !r.Detail)] }).Where(s => s.Rows.Count > 0)];
        var rows = report.Sections.Sum(s => s.Rows.Count) - sections.Sum(s => s.Rows.Count);
        var more = new[] { rows == 0 ? null : $"{rows} more rows", report.Details.Count == 0 ? null : $"{report.Details.Count} more notes" }
            .OfType<string>().ToList();
        return Of(report, sections, [.. report.Notes, .. more.Count == 0 ? [] : new[] { $"--detail: {string.Join(" and ", more)}." }], Narrow);
    }

    private static Sheet Of(
        Report report, IReadOnlyList<Section> sections, IReadOnlyList<string> notes, Func<Row, IEnumerable<Line>> lines) => new(
            $"{report.Title}: sweep {report.Sweep} ({report.Id}), seed {report.Seed}, {report.Prompts} prompts, "
                + $"replicates: {report.Replicates}",
            report.Warnings,
            report.Columns,
            [.. sections.SelectMany(s => s.Rows.SelectMany(lines).Prepend(new Line(LineKind.Section, s.Title, [])))],
            notes);

    private static IEnumerable<Line> Lines(Row row) =>
    [
        .. Values(row),
        .. row.Kind is RowKind.Published ? [] : (Line[])
        [
            Line("95% interval", row, c => c.Measured is { } ours ? Numbers.Range(ours.Interval) : Nothing),
            .. row.Cells.Any(c => c?.Difference is not null)
                ? [Line("ours - published", row, c => Difference(c) is { } d ? d + (Band(c) is { } band ? $" {band}" : "") : null)]
                : (Line[])[],
        ],
    ];

    /// <summary>With the ends of an interval below each other, so that many columns fit.</summary>
    private static IEnumerable<Line> Narrow(Row row) =>
    [
        .. Values(row),
        .. row.Kind is RowKind.Published ? [] : (Line[])
        [
            Line("95% from", row, c => c.Measured is { } ours ? Numbers.Share(ours.Interval.Low) : Nothing),
            Line("95% to", row, c => c.Measured is { } ours ? Numbers.Share(ours.Interval.High) : Nothing),
            .. row.Cells.Any(c => c?.Difference is not null) ? [Line("ours - published", row, Difference)] : (Line[])[],
            .. row.Cells.Any(c => c?.InNoiseBand is not null) ? [Line("as two runs", row, Band)] : (Line[])[],
        ],
    ];

    private static IEnumerable<Line> Values(Row row)
    {
        if (row.Kind is RowKind.Published)
        {
            yield return Line(row.Title, row, c => c.Published?.Text);
            yield break;
        }

        yield return new(LineKind.Title, row.Title, []);
        if (row.Cells.Any(c => c?.Published is not null))
        {
            yield return Line("published", row, c => c.Published?.Text);
        }

        var signed = row.Kind is RowKind.Difference;
        yield return Line("ours", row, c => c.Measured is { } ours
            ? signed ? Numbers.Signed(ours.Value) : Numbers.Share(ours.Value)
            : Nothing);
    }

    private static string? Difference(Cell cell) => cell.Difference is { } difference ? Numbers.Signed(difference) : null;

    private static string? Band(Cell cell) => cell.InNoiseBand is { } inside ? inside ? "in" : "OUT" : null;

    private static Line Line(string label, Row row, Func<Cell, string?> text) =>
        new(LineKind.Values, label, [.. row.Cells.Select(c => c is null ? "" : text(c) ?? "")]);
}
