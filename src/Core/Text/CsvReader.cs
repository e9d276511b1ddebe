using System.Text;

namespace ReflectDiT.Eval.Core.Text;

/// <summary>RFC 4180: fields in quotes may hold commas, line ends and doubled quotes.</summary>
public static class CsvReader
{
    /// <summary>The rows with the line on which each begins, from 1; empty lines are no rows.</summary>
    /// <param name="fault">Makes what is thrown for a line where a quote stands that may not.</param>
    public static IEnumerable<(int Line, IReadOnlyList<string> Fields)> Rows(string text, Func<int, string, Exception> fault)
    {
        var (at, line) = (0, 1);
        while (at < text.Length)
        {
            var (first, fields) = (line, new List<string>());
            do
            {
                fields.Add(Field(text, fault, ref at, ref line));
            }
            while (at < text.Length && text[at++] == ',');

            if (at > 0 && text[at - 1] == '\r' && at < text.Length && text[at] == '\n')
            {
                at++;
            }

            line++;
            if (fields is not [""])
            {
                yield return (first, fields);
            }
        }
    }

    /// <summary>A field; afterwards <paramref name="at"/> is at the comma or line end behind it.</summary>
    private static string Field(string text, Func<int, string, Exception> fault, ref int at, ref int line)
    {
        if (at >= text.Length || text[at] != '"')
        {
            var end = text.AsSpan(at).IndexOfAny(",\r\n");
            var plain = end < 0 ? text[at..] : text.Substring(at, end);
            at += plain.Length;
            return plain.Contains('"')
                ? throw fault(line, $"a quote inside a field without quotes: {VisibleText.Short(plain)}")
                : plain;
        }

        var (field, opened) = (new StringBuilder(), line);
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '"')
            {
                line += text[at] == '\n' ? 1 : 0;
                field.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '"')
            {
                field.Append(text[at++]);
            }
            else
            {
                at++;
                return at >= text.Length || text[at] is ',' or '\r' or '\n'
                    ? field.ToString()
                    : throw fault(line, "expected a comma or a line end after the closing quote");
            }
        }

        throw fault(opened, "a quote is opened and not closed");
    }
}
