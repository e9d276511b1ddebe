using System.Globalization;
using System.Text;

namespace ReflectDiT.Eval.Networks;

/// <summary>
/// What diffusers' SanaPipeline does to a prompt before it is tokenised (<c>clean_caption</c> off): Python's
/// <c>str.lower()</c>, then <c>str.strip()</c>.
/// </summary>
public static class PromptText
{
    private const int CapitalSigma = 0x03A3;

    /// <summary>Letters by Unicode's Cased that are not of a letter category: circled letters, Roman numerals.</summary>
    private static readonly (int First, int Last)[] OtherCased =
        [(0x00AA, 0x00AA), (0x00BA, 0x00BA), (0x2160, 0x217F), (0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189)];

    /// <summary>Marks that Unicode's Case_Ignorable names beyond its categories: they stand within words.</summary>
    private const string WithinWords = "'.:\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A";

    public static string Normalize(string prompt) => Strip(Lower(prompt));

    /// <summary>Python's <c>str.lower()</c>.</summary>
    internal static string Lower(string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        var lower = new StringBuilder(text.Length);
        for (var at = 0; at < runes.Length; at++)
        {
            _ = runes[at].Value switch
            {
                // The one letter whose lower case is two code points.
                0x0130 => lower.Append("i\u0307"),
                CapitalSigma => lower.Append(IsFinal(runes, at) ? '\u03C2' : '\u03C3'),
                _ => lower.Append(Rune.ToLowerInvariant(runes[at])),
            };
        }

        return lower.ToString();
    }

    /// <summary>Unicode's Final_Sigma: a cased letter stands before it and none behind it, marks within words aside.</summary>
    private static bool IsFinal(Rune[] text, int at)
    {
        var before = Array.FindLastIndex(text, Math.Max(0, at - 1), at, rune => !IsIgnorable(rune));
        var after = Array.FindIndex(text, at + 1, rune => !IsIgnorable(rune));
        return before >= 0 && IsCased(text[before]) && (after < 0 || !IsCased(text[after]));
    }

    private static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || Array.Exists(OtherCased, range => rune.Value >= range.First && rune.Value <= range.Last);

    private static bool IsIgnorable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || (rune.IsBmp && WithinWords.Contains((char)rune.Value));

    private static string Strip(string text)
    {
        var start = 0;
        while (start < text.Length && IsSpace(text[start]))
        {
            start++;
        }

        var end = text.Length;
        while (end > start && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    /// <summary>Python counts the four separators of ASCII as white space; .NET does not.</summary>
    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';
}
