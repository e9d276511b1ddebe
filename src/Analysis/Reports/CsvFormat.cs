using System.Text;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>One number a line, in full precision; what is missing comes first (kind INCOMPLETE). RFC 4180.</summary>
public static class CsvFormat
{
    private const string Heading =
        "kind,arm,n,versus,versus_n,metric,within,prompts,of_prompts,complete,value,low,high,interval,"
        + "published,difference,in_noise_band,note";

    private const char Quote = '\'';

    public static string Write(Report report)
    {
        var text = new StringBuilder(Heading).Append('\n');
        foreach (var (arm, warning) in report.Arms.Where(a => !a.Complete).Zip(report.Warnings))
        {
            Row(
                text,
                [
                    "INCOMPLETE", arm.Name, arm.N, null, null, "missing_chains", null, null, null, false,
                    arm.Missing.Count, null, null, null, null, null, null, warning,
                ]);
        }

        foreach (var row in report.Sections.SelectMany(s => s.Rows))
        {
            foreach (var cell in row.Cells.OfType<Cell>())
            {
                var ours = cell.Measured;
                Row(
                    text,
                    [
                        Kind(row.Kind), cell.Arm, cell.N, cell.Versus?.Arm, cell.Versus?.N, cell.Metric.Id,
                        cell.Within, ours?.Prompts, ours?.Of, row.Kind is RowKind.Published ? null : cell.Complete,
                        ours?.Value, ours?.Interval.Low, ours?.Interval.High, ours?.Method,
                        cell.Published?.Value, cell.Difference, cell.InNoiseBand, cell.Published?.Source,
                    ]);
            }
        }

        return text.ToString();
    }

    /// <summary>A kind's name in data.</summary>
    public static string Kind(RowKind kind) => kind switch
    {
        RowKind.Published => "published",
        RowKind.Arm => "arm",
        RowKind.Difference => "difference",
        _ => throw new InvalidOperationException($"Unknown kind {kind}."),
    };

    public static void Row(StringBuilder text, IReadOnlyList<object?> fields) =>
        text.AppendJoin(',', fields.Select(Field)).Append('\n');

    /// <summary>
    /// A field as RFC 4180 has it; null is empty. Before a text that a spreadsheet would take for a formula, and run, stands
    /// a quote (').
    /// </summary>
    public static string Field(object? value)
    {
        var text = value switch
        {
            null => "",
            bool yes => yes ? "true" : "false",
            double number => number.ToString("R"),
            string words => IsFormula(words) ? $"{Quote}{words}" : words,
            _ => value.ToString()!,
        };
        return text.AsSpan().ContainsAny(",\"\r\n")
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;
    }

    /// <summary>The text of a field of <see cref="Field"/>.</summary>
    public static string Original(string field) =>
        field.StartsWith(Quote) && IsFormula(field[1..]) ? field[1..] : field;

    /// <summary>Behind quotes that stood there before, so that <see cref="Original"/> finds each text again.</summary>
    private static bool IsFormula(string text) =>
        text.AsSpan().TrimStart(Quote) is { Length: > 0 } begin && begin[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n'
            or '\uFF1D' or '\uFF0B' or '\uFF0D' or '\uFF20';
}
