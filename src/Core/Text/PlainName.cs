using System.Globalization;
using System.Text;

namespace ReflectDiT.Eval.Core.Text;

/// <summary>
/// The names that people give to arms and sweeps: what looks alike is one name. White space around a name counts for
/// nothing, white space in it is one blank, and letters are composed (<see cref="Nfc"/>).
/// </summary>
public static class PlainName
{
    /// <summary>UTF-16 units of a name.</summary>
    public const int Longest = 200;

    private const char Joiner = '\u200D';
    private const char NonJoiner = '\u200C';

    /// <summary>The name that is meant.</summary>
    public static string Of(string text)
    {
        var name = new StringBuilder(text.Length);
        foreach (var c in text.Trim())
        {
            var blank = char.IsWhiteSpace(c) && !char.IsControl(c);
            if (!blank)
            {
                name.Append(c);
            }
            else if (name[^1] != ' ')
            {
                name.Append(' ');
            }
        }

        return Nfc.Normalize(name.ToString());
    }

    /// <summary>What is wrong with a name of <see cref="Of"/>; null where nothing is.</summary>
    public static string? Fault(string name) =>
        name.Length is > 0 and <= Longest && name.EnumerateRunes().All(IsSeen)
            ? null
            : $"expected a name of 1 to {Longest} characters that can be seen, found '{VisibleText.Short(name)}'";

    /// <summary>Joiners belong to the scripts of India and Persia, and to emoji. Half of a pair is read as U+FFFD.</summary>
    private static bool IsSeen(Rune rune) => rune.Value is Joiner or NonJoiner
        || (rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned));
}
