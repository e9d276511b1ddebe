using ReflectDiT.Eval.Core.Models;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>What of a model's answer cannot be taken, in words for whoever looks at a failed chain; null for nothing.</summary>
internal static class Answers
{
    private const int LargestImage = 256 << 20;
    private const int LongestText = 100_000;
    private const int LongestAnswer = 1000;
    private const int MostObjects = 100_000;

    public static string? Fault(Drawing drawing) =>
        drawing.Image.IsEmpty ? "an image without content"
        : drawing.Image.Length > LargestImage ? $"an image of {drawing.Image.Length} bytes; {LargestImage} at most"
        : drawing.FunctionEvaluations < 0 ? $"{drawing.FunctionEvaluations} function evaluations"
        : Seconds(drawing.DeviceSeconds) ?? Price(drawing.Price) ?? (drawing.Rewritten is null ? null : Text("rewritten prompt", drawing.Rewritten));

    public static string? Fault(Judgement judgement) =>
        judgement.Verdict is not { } verdict ? "no verdict"
        : Share("score", verdict.Score) ?? Share("score for no", verdict.NoScore)
        ?? (verdict.Feedback is null ? "no feedback, not even an empty one" : null)
        ?? Text("feedback", verdict.Feedback!) ?? Text("text", judgement.Text)
        ?? (verdict is { Accepted: true, Feedback.Length: > 0 } ? $"it accepts, and has feedback: {Short(verdict.Feedback)}"
            : judgement.Logits is { } logits && !double.IsFinite(logits.Yes + logits.No) ? $"logits of {logits.Yes} for yes and {logits.No} for no"
            : judgement.Tokens < 0 ? $"{judgement.Tokens} tokens"
            : Seconds(judgement.DeviceSeconds) ?? Price(judgement.Price));

    public static string? Fault(Detected detected)
    {
        if (detected.Objects is null)
        {
            return "no objects, not even an empty list";
        }

        if (detected.Objects.Values.Sum(o => o.Count) is > MostObjects and var all)
        {
            return $"{all} objects; {MostObjects} at most";
        }

        foreach (var (name, objects) in detected.Objects)
        {
            if (Text("class", name) is { } wrong)
            {
                return wrong;
            }

            foreach (var (i, o) in objects.Index())
            {
                if (!float.IsFinite(o.X1 + o.Y1 + o.X2 + o.Y2) || o.Score is not (>= 0 and <= 1))
                {
                    return $"object {i} of {Short(name)}: [{o.X1}, {o.Y1}, {o.X2}, {o.Y2}] with score {o.Score}";
                }
            }
        }

        return null;
    }

    public static string? Fault(Answer answer) =>
        Text("text", answer.Text, LongestAnswer)
        ?? (string.IsNullOrWhiteSpace(answer.Text) ? "an empty text" : null)
        ?? (answer.Probability is null ? null : Share("probability", answer.Probability))
        ?? (answer.Tokens < 0 ? $"{answer.Tokens} tokens" : Seconds(answer.DeviceSeconds));

    private static string? Share(string what, double? value) =>
        value is >= 0 and <= 1 ? null : $"a {what} of {value?.ToString() ?? "nothing"}; expected 0 to 1";

    private static string? Seconds(double value) => value >= 0 && double.IsFinite(value) ? null : $"{value} device seconds";

    private static string? Price(double? value) => value is null || (value >= 0 && double.IsFinite(value.Value)) ? null : $"a price of {value}";

    /// <summary>PostgreSQL holds no U+0000, and UTF-8 no half of a pair.</summary>
    private static string? Text(string what, string? text, int longest = LongestText)
    {
        if (text is null)
        {
            return $"no {what}";
        }

        if (text.Length > longest)
        {
            return $"a {what} of {text.Length} characters; {longest} at most";
        }

        return text.Contains('\0') ? $"a {what} with the character U+0000"
            : HasHalfOfAPair(text) ? $"a {what} with half of a surrogate pair"
            : null;
    }

    private static bool HasHalfOfAPair(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
