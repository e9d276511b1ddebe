using ReflectDiT.Eval.Core.Models;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>Texts with places for others; a text that is put in is not read for places again.</summary>
internal static class PromptTemplate
{
    public const string Prompt = "{prompt}";
    public const string Feedback = "{feedback}";
    public const string Question = "{question}";

    /// <summary>What a template lacks; null for nothing, or where there is none.</summary>
    public static string? Fault(string? template, params string[] places) =>
        template is not null && Array.Find(places, place => !template.Contains(place, StringComparison.Ordinal)) is { } missing
            ? $"a template without {missing}: \"{template}\""
            : null;

    public static string Fill(string template, params (string Place, string Text)[] texts)
    {
        var filled = new System.Text.StringBuilder();
        for (var at = 0; at < template.Length;)
        {
            var (place, text) = Array.Find(texts, t => template.AsSpan(at).StartsWith(t.Place, StringComparison.Ordinal));
            filled.Append(place is null ? template.AsSpan(at, 1) : text);
            at += place?.Length ?? 1;
        }

        return filled.ToString();
    }

    /// <summary>What was said of past images: of several, each behind its number; an image that nothing was said of has nothing.</summary>
    public static string Of(IReadOnlyList<ContextImage> context) => context.Count == 1
        ? context[0].Feedback
        : string.Join('\n', context.Select((past, i) => $"Image {i + 1}: {past.Feedback}"));
}
