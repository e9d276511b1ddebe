namespace ReflectDiT.Eval.Analysis.Reports;

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

/// <summary>What people read, the same in text, Markdown and LaTeX: a table with what stands around it.</summary>
/// <param name="Lead">What must be read first.</param>
/// <param name="Columns">Headings, one line a row of the heading.</param>
/// <param name="Notes">Footnotes.</param>
internal sealed record Sheet(
    string Title,
    IReadOnlyList<string> Lead,
    IReadOnlyList<string> Columns,
    IReadOnlyList<Line> Lines,
    IReadOnlyList<string> Notes)
{
    /// <summary>Lists below the table.</summary>
    public IReadOnlyList<Listing> Lists { get; init; } = [];
}

internal sealed record Listing(string Title, IReadOnlyList<string> Items);
