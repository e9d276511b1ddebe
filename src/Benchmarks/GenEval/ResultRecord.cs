using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Scoring;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>
/// What the published scorer says of one image (a line of evaluate_images.py): the form in which other programs of the
/// field, the released Reflect-DiT code among them, keep a score of whatever benchmark.
/// </summary>
public static class ResultRecord
{
    /// <summary>The key that says whether an image passes.</summary>
    public const string PassKey = "correct";

    private const string Reason = "reason";
    private const string Details = "details";

    public static IReadOnlyList<string> Keys { get; } = ["filename", "tag", "prompt", PassKey, Reason, "metadata", Details];

    /// <summary>Its keys, into an object that is open. Without a score those of a score are left out.</summary>
    /// <param name="graded">The score is written as a number, as the released code does for benchmarks of graded scores.</param>
    public static void Write(
        Utf8JsonWriter json, string filename, string tag, string prompt, string metadata, Score? score, bool graded)
    {
        json.WriteString("filename", filename);
        json.WriteString("tag", tag);
        json.WriteString("prompt", prompt);
        if (score is { Passed: { } passed } && !graded)
        {
            json.WriteBoolean(PassKey, passed);
        }
        else if (score is not null)
        {
            json.WriteNumber(PassKey, score.Value);
        }

        if (score is not null)
        {
            json.WriteString(Reason, score.Reason);
        }

        json.WriteString("metadata", metadata);
        if (score is not null)
        {
            json.WriteString(Details, GenEvalEvidence.Details(score.Evidence));
        }
    }

    /// <summary>The score of a record; null where it has none.</summary>
    /// <param name="passOrFail">Every record says whether its image is correct, as GenEval's do: no grades, and none without.</param>
    /// <exception cref="InvalidDataException">Something is missing or of the wrong type.</exception>
    public static Score? Read(JsonElement json, bool passOrFail)
    {
        if (!passOrFail && !json.TryGetProperty(PassKey, out _))
        {
            return null;
        }

        var correct = json.Required(PassKey);
        var reason = json.TryGetProperty(Reason, out var words) && words.ValueKind != JsonValueKind.Null ? words.Text(Reason) : null;
        var evidence = json.TryGetProperty(Details, out var details) ? GenEvalEvidence.OfDetails(details) : null;
        if (passOrFail || correct.ValueKind != JsonValueKind.Number)
        {
            return Score.OfPass(correct.Truth(PassKey), reason, evidence);
        }

        return correct.Number(PassKey) is >= 0 and <= 1 and var value
            ? new(value, Passed: null, reason, evidence)
            : throw JsonReading.Fault(PassKey, "true, false or a number from 0 to 1", correct);
    }
}
