using System.Text;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>Aligned columns for a terminal.</summary>
internal static class TextFormat
{
    /// <summary>A terminal of 100 columns never breaks a line.</summary>
    private const int NoteWidth = 98;
    private const string Gap = "  ";

    public static string Write(Sheet sheet)
    {
        var lines = sheet.Lines;
        var headings = sheet.Columns.Select(c => c.Split('\n')).ToList();
        var widths = headings.Select((heading, i) => heading
            .Concat(lines.Where(l => l.Kind is LineKind.Values).Select(l => l.Cells[i])).Max(t => t.Length)).ToList();
        var stub = lines.Where(l => l.Kind is LineKind.Values).Select(l => l.Label.Length).Append(0).Max();

        var text = new StringBuilder();
        Note(text, sheet.Title, "");
        foreach (var lead in sheet.Lead)
        {
            Note(text, lead, "");
        }

        text.Append('\n');
        var height = headings.Max(h => h.Length);
        for (var r = 0; r < height; r++)
        {
            // Headings of fewer lines stand at the bottom.
            Values(text, "", [.. headings.Select(h => r - (height - h.Length) is >= 0 and var at ? h[at] : "")]);
        }

        foreach (var line in lines)
        {
            switch (line.Kind)
            {
                case LineKind.Section:
                    text.Append('\n');
                    Note(text, line.Label, "== ");
                    break;
                case LineKind.Title:
                    Note(text, line.Label, "");
                    break;
                default:
                    Values(text, line.Label, line.Cells);
                    break;
            }
        }

        foreach (var list in sheet.Lists)
        {
            text.Append("\n== ").Append(list.Title).Append('\n');
            foreach (var item in list.Items)
            {
                Note(text, item, Gap);
            }
        }

        text.Append('\n');
        foreach (var note in sheet.Notes)
        {
            Note(text, note, "* ");
        }

        return text.ToString();

        void Values(StringBuilder to, string label, IReadOnlyList<string> cells)
        {
            var padded = string.Concat(cells.Select((c, i) => Gap + c.PadLeft(widths[i])));
            to.Append((Gap + label.PadRight(stub) + padded).TrimEnd()).Append('\n');
        }
    }

    /// <summary>Breaks a paragraph between words; later lines stand under the first word.</summary>
    private static void Note(StringBuilder text, string note, string bullet)
    {
        var column = bullet.Length;
        text.Append(bullet);
        foreach (var word in note.Split(' '))
        {
            if (column + word.Length > NoteWidth && column > bullet.Length)
            {
                text.Append('\n').Append(' ', bullet.Length);
                column = bullet.Length;
            }
            else if (column > bullet.Length)
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
        }

        text.Append('\n');
    }
}
