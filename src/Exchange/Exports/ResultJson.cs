using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Exchange.Exports;

/// <summary>
/// One image's record with the keys of the published scorer, and after them those of the released code or ours.
/// </summary>
internal static class ResultJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="graded">Scores lie between 0 and 1.</param>
    /// <param name="more">Writes further keys.</param>
    public static string Write(
        string filename,
        ArmResults arm,
        bool graded,
        ExportedChain chain,
        ExportedAttempt attempt,
        Action<Utf8JsonWriter>? more = null) => Text(json =>
    {
        json.WriteStartObject();
        ResultRecord.Write(
            json, filename, chain.Prompt.Stratum, chain.Prompt.Prompt, chain.Prompt.Metadata, attempt.Score, graded);
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

        if (arm.SelfScored)
        {
            json.WriteBoolean("self_scored", true);
        }

        if (arm.Leaked)
        {
            json.WriteBoolean("leaked", true);
        }

        json.WriteEndObject();
    });

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
