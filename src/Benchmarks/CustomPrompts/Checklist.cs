using System.Text;
using System.Text.Json;

namespace ReflectDiT.Eval.Benchmarks.CustomPrompts;

/// <summary>
/// What a judge is to check of an image, from the clauses that GenEval and GenEval++ have for a prompt: <c>include</c> names
/// what must be there (class, count, color, and in GenEval++ region and size), <c>exclude</c> what must not.
/// </summary>
internal static class Checklist
{
    /// <summary>The prompt with its list below; the prompt alone where it has no clauses.</summary>
    public static string Of(JsonElement prompt)
    {
        var text = new StringBuilder(prompt.GetProperty(PromptFile.Prompt).GetString());
        List<string> lines = [.. Clauses(prompt, "include").Select(Included), .. Clauses(prompt, "exclude").Select(Excluded)];
        if (lines.Count > 0)
        {
            text.Append("\n\nAll of this must hold:");
            lines.ForEach(line => text.Append("\n- ").Append(line));
        }

        return text.ToString();
    }

    private static IEnumerable<JsonElement> Clauses(JsonElement prompt, string list) =>
        prompt.TryGetProperty(list, out var clauses) && clauses.ValueKind == JsonValueKind.Array
            ? clauses.EnumerateArray().Where(c => c.ValueKind == JsonValueKind.Object)
            : [];

    private static string Included(JsonElement clause) => string.Join("; ", clause.EnumerateObject().Where(p => p.Name != "class").Select(p => p.Name switch
    {
        "count" => $"exactly {Word(p.Value)} of it",
        "region" => $"in this part of the image: {Word(p.Value)}",
        "position" when p.Value.ValueKind == JsonValueKind.Array && p.Value.GetArrayLength() == 2 => $"{Word(p.Value[0])} the object number {p.Value[1].GetRawText()}, counted from 0",
        _ => $"{p.Name}: {Word(p.Value)}",
    }).Prepend(Class(clause)));

    /// <summary>As many as an excluded clause says are too many.</summary>
    private static string Excluded(JsonElement clause) =>
        $"{Class(clause)}; fewer than {(clause.TryGetProperty("count", out var count) ? Word(count) : "1")} of it";

    private static string Class(JsonElement clause) => clause.TryGetProperty("class", out var name) ? Word(name) : "an object";

    private static string Word(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
