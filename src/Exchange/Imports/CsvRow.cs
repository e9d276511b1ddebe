using System.Globalization;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>One line, its fields by column; an error names file, line, column and what was expected.</summary>
internal sealed record CsvRow(string File, int Line, IReadOnlyList<string> Header, IReadOnlyList<string> Fields)
{
    public bool Has(string column) => Header.Contains(column);

    /// <summary>Null where the column or its value is missing.</summary>
    /// <exception cref="RecordException">It holds what no text may.</exception>
    public string? Text(string column) => Field(column) is { } text && text.Contains('\0')
        ? throw new RecordException(File, Line, $"{column}: has the character U+0000, which no text may hold")
        : Field(column);

    /// <summary>Likewise, whatever it holds.</summary>
    public string? Field(string column)
    {
        for (var i = 0; i < Header.Count; i++)
        {
            if (Header[i] == column)
            {
                return i < Fields.Count && Fields[i].Length > 0 ? CsvFormat.Original(Fields[i]) : null;
            }
        }

        return null;
    }

    public T Needed<T>(string column, T? value) where T : struct => value ?? throw Fault(column, "a value");

    public string Needed(string column, string? value)
    {
        if (Fields.Count != Header.Count)
        {
            throw new RecordException(File, Line, $"{Fields.Count} fields, but {Header.Count} columns");
        }

        return value ?? throw Fault(column, "a value");
    }

    public bool? Flag(string column) => Text(column) switch
    {
        null => null,
        "true" or "True" or "TRUE" or "1" => true,
        "false" or "False" or "FALSE" or "0" => false,
        _ => throw Fault(column, "true or false"),
    };

    public int? Integer(string column, int min, int max = int.MaxValue) => (int?)Long(column, min, max);

    public long? Long(string column, long min = 0, long max = long.MaxValue) => Text(column) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, null, out var number) && number >= min && number <= max
            ? number
            : throw Fault(column, $"a whole number from {min} to {max}");

    public double? Number(string column, double min, double max) => Text(column) is not { } text ? null
        : double.TryParse(text, NumberStyles.Float, null, out var number) && number >= min && number <= max
            ? number
            : throw Fault(column, $"a number from {min:R} to {max:R}");

    public RecordException Fault(string column, string expected) =>
        new(File, Line, $"{column}: expected {expected}, found "
            + (Field(column) is { } text ? $"'{VisibleText.Short(text)}'" : "nothing"));
}
