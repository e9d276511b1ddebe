using System.Text;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>A table* for a document that loads booktabs.</summary>
internal static class LatexFormat
{
    public static string Write(Sheet sheet)
    {
        var columns = sheet.Columns.Count;
        var headings = sheet.Columns.Select(c => c.Split('\n')).ToList();
        var height = headings.Max(h => h.Length);
        var text = new StringBuilder("% \\usepackage{booktabs}\n\\begin{table*}\n\\centering\\footnotesize\n");
        text.Append($"\\caption{{{Escape(sheet.Title)}}}\n");
        foreach (var lead in sheet.Lead)
        {
            text.Append($"\\par\\textbf{{{Escape(lead)}}}\n");
        }

        text.Append($"\\par\\begin{{tabular}}{{l{new string('r', columns)}}}\n\\toprule\n");
        for (var r = 0; r < height; r++)
        {
            Row(text, "", headings.Select(h => r - (height - h.Length) is >= 0 and var at ? Escape(h[at]) : ""));
        }

        foreach (var line in sheet.Lines)
        {
            var label = Escape(line.Label);
            switch (line.Kind)
            {
                case LineKind.Section:
                    text.Append($"\\midrule\n\\multicolumn{{{columns + 1}}}{{l}}{{\\textbf{{{label}}}}} \\\\\n");
                    break;
                case LineKind.Title:
                    text.Append($"\\multicolumn{{{columns + 1}}}{{l}}{{\\emph{{{label}}}}} \\\\\n");
                    break;
                default:
                    Row(text, label, line.Cells.Select(Escape));
                    break;
            }
        }

        text.Append("\\bottomrule\n\\end{tabular}\n");
        foreach (var note in sheet.Notes)
        {
            text.Append($"\\par\\raggedright {Escape(note)}\n");
        }

        text.Append("\\end{table*}\n");
        foreach (var list in sheet.Lists.Where(l => l.Items.Count > 0))
        {
            text.Append($"\\paragraph{{{Escape(list.Title)}}}\n\\begin{{itemize}}\n");
            text.AppendJoin("", list.Items.Select(i => $"\\item {Escape(i)}\n"));
            text.Append("\\end{itemize}\n");
        }

        return text.ToString();
    }

    private static void Row(StringBuilder text, string label, IEnumerable<string> cells) =>
        text.Append($"{label} & {string.Join(" & ", cells)} \\\\\n");

    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
        {
            escaped.Append(c switch
            {
                '\\' => "\\textbackslash{}",
                '~' => "\\textasciitilde{}",
                '^' => "\\textasciicircum{}",
                '<' or '>' or '|' => $"\\ensuremath{{{c}}}",
                '{' or '}' or '$' or '&' or '#' or '%' or '_' => $"\\{c}",
                _ => c.ToString(),
            });
        }

        return escaped.ToString();
    }
}
