using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Detecting;
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
        "filename", "tag", "prompt", "correct", "reason", "metadata", "details",
        "text_feedback", "correct_verifier", "text_feedback_verifier", "gen_idx_gt",
        "context", "simulated", "oracle", "leaked",
    ];

    /// <summary>The JSON value of a whole text.</summary>
    /// <param name="line">Of the file, where the text is one of its lines.</param>
    /// <exception cref="RecordException">It is not JSON.</exception>
    public static JsonElement Parse(string file, int? line, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
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
    /// <exception cref="RecordException">Something is missing or of the wrong type.</exception>
    public static RecordedAttempt Read(
        string file, int? line, JsonElement json, string? prompt, int replicate, int index)
    {
        try
        {
            var scorerWords = Text(json, "text_feedback");
            return new RecordedAttempt(
                file, line, Text(json, "prompt") ?? prompt ?? json.Required("prompt").Text("prompt"), replicate, index,
                json.Required("correct").Truth("correct"))
            {
                Tag = Text(json, "tag"),
                Verdict = Verdict(json),
                Reason = Text(json, "reason"),
                ScorerWords = scorerWords,
                Detections = Details(json),
                Context = Context(json),
                Simulated = Flag(json, "simulated"),
                UsesScorer = Flag(json, "oracle"),
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

    /// <summary>Class to kept boxes: JSON text inside a string as published, or the object itself.</summary>
    private static List<(string Class, Detection Detection)> Details(JsonElement json)
    {
        var found = new List<(string, Detection)>();
        if (!json.TryGetProperty("details", out var details) || details.ValueKind == JsonValueKind.Null)
        {
            return found;
        }

        if (details.ValueKind == JsonValueKind.String)
        {
            try
            {
                using var document = JsonDocument.Parse(details.GetString()!);
                details = document.RootElement.Clone();
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"details: {JsonFault.Of(details.GetString()!, e).What}", e);
            }
        }

        foreach (var kind in details.Fields("details"))
        {
            for (var i = 0; i < kind.Value.Items($"details.{kind.Name}"); i++)
            {
                var (box, numbers) = (kind.Value[i], new float[5]);
                var where = $"details.{kind.Name}[{i}]";
                if (box.Items(where) != numbers.Length
                    || Enumerable.Range(0, 5).Any(n => !box[n].TryFloat(out numbers[n])))
                {
                    throw JsonReading.Fault(where, "[x1, y1, x2, y2, score]", box);
                }

                found.Add((kind.Name, new(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], null)));
            }
        }

        return found;
    }
}
