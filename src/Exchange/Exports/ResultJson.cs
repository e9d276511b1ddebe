using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Results;

namespace ReflectDiT.Eval.Exchange.Exports;

/// <summary>
/// One image's record with the keys of the published scorer, and after them those of the released code or ours.
/// </summary>
internal static class ResultJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="more">Writes further keys.</param>
    public static string Write(
        string filename,
        ArmResults arm,
        ExportedChain chain,
        ExportedAttempt attempt,
        Action<Utf8JsonWriter>? more = null) => Text(json =>
    {
        json.WriteStartObject();
        json.WriteString("filename", filename);
        json.WriteString("tag", chain.Prompt.Tag);
        json.WriteString("prompt", chain.Prompt.Prompt);
        json.WriteBoolean("correct", attempt.Correct);
        json.WriteString("reason", attempt.Reason);
        json.WriteString("metadata", chain.Prompt.Metadata);
        json.WriteString("details", Text(details => Details(details, attempt)));
        more?.Invoke(json);

        // What must be said of an arm goes with its numbers.
        if (arm.Simulated)
        {
            json.WriteBoolean("simulated", true);
        }

        if (arm.UsesScorer)
        {
            json.WriteBoolean("oracle", true);
        }

        if (arm.Leaked)
        {
            json.WriteBoolean("leaked", true);
        }

        json.WriteEndObject();
    });

    private static void Details(Utf8JsonWriter json, ExportedAttempt attempt)
    {
        json.WriteStartObject();
        foreach (var (kind, boxes) in attempt.Kept)
        {
            json.WriteStartArray(kind);
            foreach (var box in boxes)
            {
                json.WriteStartArray();
                foreach (var number in new[] { box.X1, box.Y1, box.X2, box.Y2, box.Score })
                {
                    json.WriteNumberValue((double)number); // widened, as the published scorer prints them
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static string Text(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
