namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>How a report is written. Equal reports give equal bytes; lines end in LF.</summary>
public static class ReportFormat
{
    public static IReadOnlyList<string> Names { get; } = ["text", "md", "latex", "csv", "json"];

    /// <param name="format">One of <see cref="Names"/>.</param>
    public static string Render(Report report, string format) => format switch
    {
        "csv" => CsvFormat.Write(report),
        "json" => JsonFormat.Write(report),
        _ => Render(Grid.Of(report), format),
    };

    /// <param name="format">text, md or latex.</param>
    internal static string Render(Sheet sheet, string format) => format switch
    {
        "text" => TextFormat.Write(sheet),
        "md" => MarkdownFormat.Write(sheet),
        "latex" => LatexFormat.Write(sheet),
        _ => throw new ArgumentException($"Unknown format '{format}'; known: {string.Join(", ", Names)}."),
    };
}
