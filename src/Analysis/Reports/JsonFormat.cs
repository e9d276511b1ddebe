using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>Results only, in full precision; all keys of a kind are always there, in this order.</summary>
internal static class JsonFormat
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(Report report) => Document(json =>
    {
        json.WriteString("layout", report.Layout);
        json.WriteString("sweep", report.Sweep);
        json.WriteString("id", report.Id);
        json.WriteNumber("seed", report.Seed);
        json.WriteNumber("replicates", report.Replicates);
        json.WriteNumber("prompts", report.Prompts);
        json.WriteString("status", report.Arms.All(a => a.Complete) ? "complete" : "INCOMPLETE");
        Texts(json, "warnings", report.Warnings);
        Objects(json, "arms", report.Arms, Arm);
        Objects(
            json,
            "rows",
            report.Sections.SelectMany(s => s.Rows).SelectMany(r => r.Cells.OfType<Cell>().Select(c => (r.Kind, c))),
            Cell);
        Texts(json, "notes", report.Notes.Concat(report.Details));
    });

    /// <summary>One object with the members that <paramref name="members"/> writes, and a line's end.</summary>
    public static string Document(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    public static void Objects<T>(
        Utf8JsonWriter json, string key, IEnumerable<T> items, Action<Utf8JsonWriter, T> members)
    {
        json.WriteStartArray(key);
        foreach (var item in items)
        {
            json.WriteStartObject();
            members(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void Number(Utf8JsonWriter json, string key, double? value)
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

    public static void Estimate(Utf8JsonWriter json, string key, Estimate? value)
    {
        json.WriteStartObject(key);
        Number(json, "value", value?.Value);
        Number(json, "low", value?.Interval.Low);
        Number(json, "high", value?.Interval.High);
        json.WriteEndObject();
    }

    public static void Texts(Utf8JsonWriter json, string key, IEnumerable<string> texts)
    {
        json.WriteStartArray(key);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void Arm(Utf8JsonWriter json, ArmSummary arm)
    {
        json.WriteString("arm", arm.Name);
        json.WriteBoolean("simulated", arm.Simulated);
        json.WriteBoolean("oracle", arm.Oracle);
        json.WriteBoolean("leaked", arm.Leaked);
        if (arm.SelfScored)
        {
            json.WriteBoolean("self_scored", true);
        }

        json.WriteString("imported", arm.Imported?.Format);
        json.WriteNumber("n", arm.N);
        json.WriteString("published", arm.Published);
        json.WriteBoolean("complete", arm.Complete);
        json.WriteNumber("chains", arm.Chains);
        json.WriteNumber("failed", arm.Failed);
        json.WriteNumber("open", arm.Open);
        json.WriteNumber("unscored", arm.Unscored);
        Number(json, "images_per_chain", arm.Chains > 0 ? arm.Images : null);
        Objects(json, "missing", arm.Missing, (_, chain) =>
        {
            json.WriteNumber("prompt", chain.Prompt);
            json.WriteNumber("replicate", chain.Replicate);
        });
    }

    private static void Cell(Utf8JsonWriter json, (RowKind, Cell) row)
    {
        var (kind, cell) = row;
        json.WriteString("kind", CsvFormat.Kind(kind));
        json.WriteString("arm", cell.Arm);
        json.WriteNumber("n", cell.N);
        json.WriteString("metric", cell.Metric.Id);
        json.WriteString("within", cell.Within);
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
    }
}
