using System.Globalization;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>One line, its fields by column; an error names file, line, column and what was expected.</summary>
internal sealed record CsvRow(string File, int Line, IReadOnlyList<string> Header, IReadOnlyList<string> Fields)
{
    public bool Has(string column) => Header.Contains(column);

    /// <summary>Null where the column or its value is missing.</summary>
    public string? Text(string column)
    {
        for (var i = 0; i < Header.Count; i++)
        {
            if (Header[i] == column)
            {
                return i < Fields.Count && Fields[i].Length > 0 ? Fields[i] : null;
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

    public int? Integer(string column, int min) => (int?)Long(column, min, int.MaxValue);

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
            + (Text(column) is { } text ? $"'{text}'" : "nothing"));
}
