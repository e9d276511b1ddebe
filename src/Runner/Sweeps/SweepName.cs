using System.Globalization;
using System.Text;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>
/// The names that a sweep may have: letters of any script, digits, '-', '_' and '.', a letter or digit first; composed,
/// so that what looks alike is one name.
/// </summary>
public static class SweepName
{
    /// <summary>As messages say it.</summary>
    public const string Form = "letters, digits, '-', '_' and '.', a letter or digit first, 100 characters at most";

    private const int Longest = 100;

    /// <summary>The text as such a name, '-' in the place of what cannot stand in one; "import" if nothing is left.</summary>
    public static string From(string text)
    {
        var safe = string.Concat(PlainName.Of(text).EnumerateRunes().Select(r => IsAllowed(r) ? r.ToString() : "-"));
        var first = safe.EnumerateRunes().TakeWhile(r => !Rune.IsLetterOrDigit(r)).Sum(r => r.Utf16SequenceLength);
        var name = first < safe.Length ? safe[first..] : "import";
        return name.Length <= Longest ? name : name[..(char.IsHighSurrogate(name[Longest - 1]) ? Longest - 1 : Longest)];
    }

    // A mark that no letter takes in stays a character of its own, as in the scripts of India.
    private static bool IsAllowed(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value is '-' or '_' or '.'
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
