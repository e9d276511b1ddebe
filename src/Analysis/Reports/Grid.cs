namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>A report as people read it.</summary>
internal static class Grid
{
    /// <summary>What stands where there is nothing to measure.</summary>
    private const string Nothing = "-";

    public static Sheet Of(Report report) => new(
        $"{report.Title}: sweep {report.Sweep} ({report.Id}), seed {report.Seed}, {report.Prompts} prompts, "
            + $"replicates: {report.Replicates}",
        report.Warnings,
        report.Columns,
        [.. report.Sections.SelectMany(s => s.Rows.SelectMany(Lines).Prepend(new Line(LineKind.Section, s.Title, [])))],
        report.Notes);

    private static IEnumerable<Line> Lines(Row row)
    {
        if (row.Kind is RowKind.Published)
        {
            yield return Values(row.Title, row, c => c.Published?.Text);
            yield break;
        }

        yield return new(LineKind.Title, row.Title, []);
        if (row.Cells.Any(c => c?.Published is not null))
        {
            yield return Values("published", row, c => c.Published?.Text);
        }

        var signed = row.Kind is RowKind.Difference;
        yield return Values("ours", row, c => c.Measured is { } ours
            ? signed ? Numbers.Signed(ours.Value) : Numbers.Share(ours.Value)
            : Nothing);
        yield return Values("95% interval", row, c => c.Measured is { } ours ? Numbers.Range(ours.Interval) : Nothing);
        if (row.Cells.Any(c => c?.Difference is not null))
        {
            yield return Values("ours - published", row, c => c.Difference is { } difference
                ? Numbers.Signed(difference) + (c.InNoiseBand is { } inside ? inside ? " in" : " OUT" : "")
                : null);
        }
    }

    private static Line Values(string label, Row row, Func<Cell, string?> text) =>
        new(LineKind.Values, label, [.. row.Cells.Select(c => c is null ? "" : text(c) ?? "")]);
}
