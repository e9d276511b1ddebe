using System.Text;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>One table in GitHub's Markdown; headings inside it are rows in bold.</summary>
internal static class MarkdownFormat
{
    public static string Write(Sheet sheet)
    {
        var text = new StringBuilder($"## {Escape(sheet.Title)}\n\n");
        foreach (var lead in sheet.Lead)
        {
            text.Append($"**{Escape(lead)}**\n\n");
        }

        Row(text, "", sheet.Columns.Select(c => Escape(c.Replace('\n', ' '))));
        text.Append("|---|").Insert(text.Length, "---:|", sheet.Columns.Count).Append('\n');
        foreach (var line in sheet.Lines)
        {
            var label = Escape(line.Label);
            Row(
                text,
                line.Kind switch
                {
                    LineKind.Section => $"**{label}**",
                    LineKind.Title => $"*{label}*",
                    _ => label,
                },
                line.Kind is LineKind.Values ? line.Cells.Select(Escape) : sheet.Columns.Select(_ => ""));
        }

        text.Append('\n');
        foreach (var list in sheet.Lists)
        {
            text.Append($"**{Escape(list.Title)}**\n\n").AppendJoin("", list.Items.Select(i => $"- {Escape(i)}\n"));
            text.Append('\n');
        }

        foreach (var note in sheet.Notes)
        {
            text.Append($"- {Escape(note)}\n");
        }

        return text.ToString();
    }

    private static void Row(StringBuilder text, string label, IEnumerable<string> cells) =>
        text.Append($"| {label} | {string.Join(" | ", cells)} |\n");

    /// <summary>Every sign that Markdown could read as its own, in text that a user may have named.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in VisibleText.Of(text))
        {
            escaped.Append("\\`*_[]<>|~#$&".Contains(c) ? $"\\{c}" : c);
        }

        return escaped.ToString();
    }
}
