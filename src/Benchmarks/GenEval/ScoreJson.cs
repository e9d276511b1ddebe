using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>The answer to a <see cref="ScoringCase"/> as one JSON line.</summary>
public static class ScoreJson
{
    private const string Id = "id";
    private const string Reason = "reason";
    private const string Kept = "kept";

    public static IReadOnlyList<string> Keys { get; } = [Id, ResultRecord.PassKey, Reason, Kept];

    // "expected sink<4" is meant to be read; nothing here ends up in a web page.
    private static readonly JsonWriterOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// <c>{"id":...,"correct":...,"reason":...,"kept":{class:[indices]}}</c> without a line end; classes in the order
    /// of their list.
    /// </summary>
    public static string Write(string id, RulesResult score, ClassNames classes)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString(Id, id);
            json.WriteBoolean(ResultRecord.PassKey, score.Correct);
            json.WriteString(Reason, score.Reason);
            json.WriteStartObject(Kept);
            foreach (var kept in score.Kept.OrderBy(kept => classes.IndexOf(kept.Class)))
            {
                json.WriteStartArray(kept.Class);
                foreach (var index in kept.Indices)
                    json.WriteNumberValue(index);
                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
