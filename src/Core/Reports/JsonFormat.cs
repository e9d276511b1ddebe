using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ReflectDiT.Eval.Core.Reports;

/// <summary>Results only, in full precision; all keys of a kind are always there, in this order.</summary>
internal static class JsonFormat
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(Report report)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("layout", report.Layout);
            json.WriteString("sweep", report.Sweep);
            json.WriteString("id", report.Id);
            json.WriteNumber("seed", report.Seed);
            json.WriteNumber("replicates", report.Replicates);
            json.WriteNumber("prompts", report.Prompts);
            json.WriteString("status", report.Arms.All(a => a.Complete) ? "complete" : "INCOMPLETE");
            Texts(json, "warnings", report.Warnings);
            json.WriteStartArray("arms");
            foreach (var arm in report.Arms)
            {
                Arm(json, arm);
            }

            json.WriteEndArray();
            json.WriteStartArray("rows");
            foreach (var (kind, cell) in report.Sections.SelectMany(s => s.Rows)
                .SelectMany(r => r.Cells.OfType<Cell>().Select(c => (r.Kind, c))))
            {
                Cell(json, kind, cell);
            }

            json.WriteEndArray();
            Texts(json, "notes", report.Notes);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Arm(Utf8JsonWriter json, ArmSummary arm)
    {
        json.WriteStartObject();
        json.WriteString("arm", arm.Name);
        json.WriteBoolean("simulated", arm.Simulated);
        json.WriteBoolean("oracle", arm.Oracle);
        json.WriteBoolean("leaked", arm.Leaked);
        json.WriteString("imported", arm.Imported?.Format);
        json.WriteNumber("n", arm.N);
        json.WriteString("published", arm.Published);
        json.WriteBoolean("complete", arm.Complete);
        json.WriteNumber("chains", arm.Chains);
        json.WriteNumber("failed", arm.Failed);
        json.WriteNumber("open", arm.Open);
        Number(json, "images_per_chain", arm.Chains > 0 ? arm.Images : null);
        json.WriteStartArray("missing");
        foreach (var (prompt, replicate) in arm.Missing)
        {
            json.WriteStartObject();
            json.WriteNumber("prompt", prompt);
            json.WriteNumber("replicate", replicate);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Cell(Utf8JsonWriter json, RowKind kind, Cell cell)
    {
        json.WriteStartObject();
        json.WriteString("kind", CsvFormat.Kind(kind));
        json.WriteString("arm", cell.Arm);
        json.WriteNumber("n", cell.N);
        json.WriteString("metric", cell.Metric.Id);
        if (kind is RowKind.Difference)
        {
            json.WriteString("versus", cell.Versus?.Arm);
            Number(json, "versus_n", cell.Versus?.N);
        }

        if (kind is not RowKind.Published)
        {
            json.WriteBoolean("complete", cell.Complete);
            Number(json, "prompts", cell.Measured?.Prompts);
            Number(json, "of_prompts", cell.Measured?.Of);
            Number(json, "value", cell.Measured?.Value);
            Number(json, "low", cell.Measured?.Interval.Low);
            Number(json, "high", cell.Measured?.Interval.High);
            json.WriteString("interval", cell.Measured?.Method);
            Number(json, "difference", cell.Difference);
            if (cell.InNoiseBand is { } inside)
            {
                json.WriteBoolean("in_noise_band", inside);
            }
            else
            {
                json.WriteNull("in_noise_band");
            }
        }

        Number(json, "published", cell.Published?.Value);
        json.WriteString("source", cell.Published?.Source);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string key, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(key, number);
        }
        else
        {
            json.WriteNull(key);
        }
    }

    private static void Texts(Utf8JsonWriter json, string key, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(key);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
