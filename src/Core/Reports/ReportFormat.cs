namespace ReflectDiT.Eval.Core.Reports;

/// <summary>How a report is written. Equal reports give equal bytes; lines end in LF.</summary>
public static class ReportFormat
{
    public static IReadOnlyList<string> Names { get; } = ["text", "md", "latex", "csv", "json"];

    /// <param name="format">One of <see cref="Names"/>.</param>
    public static string Render(Report report, string format) => format switch
    {
        "text" => TextFormat.Write(report),
        "md" => MarkdownFormat.Write(report),
        "latex" => LatexFormat.Write(report),
        "csv" => CsvFormat.Write(report),
        "json" => JsonFormat.Write(report),
        _ => throw new ArgumentException($"Unknown format '{format}'; known: {string.Join(", ", Names)}."),
    };
}
