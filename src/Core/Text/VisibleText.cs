using System.Globalization;
using System.Text;

namespace ReflectDiT.Eval.Core.Text;

/// <summary>Text of others, as it may stand in a message: nothing in it breaks a line, moves a cursor or goes unseen.</summary>
public static class VisibleText
{
    /// <summary>Control and format characters, line separators and halves of pairs as escapes.</summary>
    public static string Of(string text)
    {
        var at = FirstHidden(text);
        if (at < 0)
        {
            return text;
        }

        var line = new StringBuilder(text, 0, at, text.Length + 16);
        for (; at < text.Length; at++)
        {
            var c = text[at];
            _ = c == '\n' ? line.Append(@"\n")
                : IsHidden(text, at) ? line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")
                : line.Append(c);
        }

        return line.ToString();
    }

    /// <summary>Likewise, of a text of several lines: they stay lines.</summary>
    public static string Lines(string text) =>
        FirstHidden(text.Replace('\n', ' ')) < 0 ? text : string.Join('\n', text.Split('\n').Select(Of));

    /// <summary>Likewise, and no longer than messages can bear.</summary>
    public static string Short(string text, int most = 60)
    {
        if (text.Length <= most)
        {
            return Of(text);
        }

        var end = char.IsHighSurrogate(text[most - 1]) ? most - 1 : most;
        return Of(text[..end]) + "...";
    }

    /// <summary>A message that quotes what may be of any length.</summary>
    public static string Bounded(string message)
    {
        const int Longest = 4000;
        return message.Length <= Longest ? message : message[..Longest] + " ...";
    }

    private static int FirstHidden(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (IsHidden(text, i))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Joiners belong to the scripts of India and Persia, and to emoji.</summary>
    private static bool IsHidden(string text, int at) => char.GetUnicodeCategory(text[at]) switch
    {
        UnicodeCategory.Format when text[at] is '\u200C' or '\u200D' => false,
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Surrogate => !(char.IsHighSurrogate(text[at])
            ? at + 1 < text.Length && char.IsLowSurrogate(text[at + 1])
            : at > 0 && char.IsHighSurrogate(text[at - 1])),
        _ => false,
    };
}
