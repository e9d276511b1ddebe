using System.Text;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>RFC 4180: fields in quotes may hold commas, line ends and doubled quotes.</summary>
public static class CsvReader
{
    /// <summary>The rows with the line on which each begins, from 1; empty lines are no rows.</summary>
    /// <exception cref="RecordException">A quote stands where none may.</exception>
    public static IEnumerable<(int Line, IReadOnlyList<string> Fields)> Rows(string file, string text)
    {
        var (at, line) = (0, 1);
        while (at < text.Length)
        {
            var (first, fields) = (line, new List<string>());
            do
            {
                fields.Add(Field(file, text, ref at, ref line));
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
    private static string Field(string file, string text, ref int at, ref int line)
    {
        if (at >= text.Length || text[at] != '"')
        {
            var end = text.AsSpan(at).IndexOfAny(",\r\n");
            var plain = end < 0 ? text[at..] : text.Substring(at, end);
            at += plain.Length;
            return plain.Contains('"')
                ? throw new RecordException(file, line, $"a quote inside a field without quotes: {plain}")
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
                    : throw new RecordException(file, line, "expected a comma or a line end after the closing quote");
            }
        }

        throw new RecordException(file, opened, "a quote is opened and not closed");
    }
}
