namespace ReflectDiT.Eval.Core.Reports;

internal enum LineKind
{
    /// <summary>Heading of a section; no cells.</summary>
    Section,

    /// <summary>Heading of the lines of one row; no cells.</summary>
    Title,

    Values,
}

/// <summary>One printed line of a table.</summary>
internal sealed record Line(LineKind Kind, string Label, IReadOnlyList<string> Cells);

/// <summary>A report's rows as the lines that people read: the same in text, Markdown and LaTeX.</summary>
internal static class Grid
{
    /// <summary>What stands where there is nothing to measure.</summary>
    private const string Nothing = "-";

    public static IEnumerable<Line> Lines(Report report) => report.Sections.SelectMany(s =>
        s.Rows.SelectMany(Lines).Prepend(new Line(LineKind.Section, s.Title, [])));

    public static string Head(Report report) =>
        $"{report.Title}: sweep {report.Sweep} ({report.Id}), seed {report.Seed}, {report.Prompts} prompts, "
        + $"replicates: {report.Replicates}";

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
