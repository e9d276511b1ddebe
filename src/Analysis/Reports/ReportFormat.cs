namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>How a report is written. Equal reports give equal bytes; lines end in LF.</summary>
/// <remarks>Text is for a terminal, and brief unless more is asked for; every other format has all.</remarks>
public static class ReportFormat
{
    public static IReadOnlyList<string> Names { get; } = ["text", "md", "latex", "csv", "json"];

    /// <param name="format">One of <see cref="Names"/>.</param>
    /// <param name="detail">Of text: with all rows and footnotes, on more than one screen.</param>
    public static string Render(Report report, string format, bool detail = false) => format switch
    {
        "csv" => CsvFormat.Write(report),
        "json" => JsonFormat.Write(report),
        "text" => Render(Grid.OfTerminal(report, detail), format),
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
