using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Judging;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>
/// Reads the records of the published scripts, one JSON object an image: a line of GenEval's results file
/// (evaluate_images.py) or a <c>.feedback.json</c> of the released Reflect-DiT code (eval.py lines 290 to 309).
/// </summary>
public static class RecordJson
{
    private static readonly string[] KnownKeys =
    [
        .. ResultRecord.Keys,
        "text_feedback", "correct_verifier", "text_feedback_verifier", "gen_idx_gt",
        "context", "simulated", "oracle", "self_scored", "leaked",
    ];

    /// <summary>The JSON value of a whole text.</summary>
    /// <param name="line">Of the file, where the text is one of its lines.</param>
    /// <exception cref="RecordException">It is not JSON, or holds what no text may.</exception>
    public static JsonElement Parse(string file, int? line, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            JsonReading.CheckText(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (InvalidDataException e)
        {
            throw new RecordException(file, line, e.Message);
        }
        catch (JsonException e)
        {
            var (at, what) = JsonFault.Of(text, e);
            throw new RecordException(file, line ?? at, what);
        }
    }

    /// <summary>Of a feedback file the record that counts: itself, or the last of a list (the older form).</summary>
    /// <exception cref="RecordException">It is neither.</exception>
    public static JsonElement Latest(string file, JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json,
        JsonValueKind.Array when json.EnumerateArray().LastOrDefault() is { ValueKind: JsonValueKind.Object } last =>
            last,
        _ => throw new RecordException(file, null, "expected a record or a list of records (of which the last counts)"),
    };

    /// <param name="prompt">Of the record's folder, for a record that does not name it.</param>
    /// <param name="passOrFail">As for <see cref="ResultRecord.Read"/>.</param>
    /// <exception cref="RecordException">Something is missing or of the wrong type.</exception>
    public static RecordedAttempt Read(
        string file, int? line, JsonElement json, string? prompt, int replicate, int index, bool passOrFail)
    {
        try
        {
            var scorerWords = Text(json, "text_feedback");
            return new RecordedAttempt(
                file, line, Text(json, "prompt") ?? prompt ?? json.Required("prompt").Text("prompt"), replicate, index,
                ResultRecord.Read(json, passOrFail))
            {
                Tag = Text(json, "tag"),
                Verdict = Verdict(json),
                ScorerWords = scorerWords,
                Context = Context(json),
                Simulated = Flag(json, "simulated"),
                UsesScorer = Flag(json, "oracle"),
                SelfScored = Flag(json, "self_scored"),
                Leaked = Flag(json, "leaked"),
            };
        }
        catch (InvalidDataException e)
        {
            throw new RecordException(file, line, e.Message);
        }
    }

    /// <summary>Keys that are not taken in.</summary>
    public static IEnumerable<string> UnknownKeys(JsonElement json) =>
        json.EnumerateObject().Select(p => p.Name).Except(KnownKeys);

    /// <summary>A text that may be missing or null.</summary>
    public static string? Text(JsonElement json, string key) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(key, out var value)
            && value.ValueKind != JsonValueKind.Null
            ? value.Text(key)
            : null;

    private static bool Flag(JsonElement json, string key) =>
        json.TryGetProperty(key, out var value) && value.Truth(key);

    private static Verdict? Verdict(JsonElement json) => json.TryGetProperty("correct_verifier", out var accepted)
        ? new(accepted.Truth("correct_verifier"), null, null, Text(json, "text_feedback_verifier"))
        : null;

    private static List<RecordedContext>? Context(JsonElement json)
    {
        if (!json.TryGetProperty("context", out var context))
        {
            return null;
        }

        var items = new List<RecordedContext>();
        for (var i = 0; i < context.Items("context"); i++)
        {
            var where = $"context[{i}]";
            items.Add(new(
                context[i].Required("gen_idx", where).Integer($"{where}.gen_idx"),
                context[i].Required("reason", where).Text($"{where}.reason"),
                null));
        }

        return items;
    }
}
