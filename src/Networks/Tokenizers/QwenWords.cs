using System.Globalization;
using System.Text;

namespace ReflectDiT.Eval.Networks.Tokenizers;

/// <summary>
/// Splits text as Qwen's regular expression does. Written by hand, because the expression is meant for code points
/// and .NET's match UTF-16 units, where half an emoji is neither a letter nor a number.
/// </summary>
internal static class QwenWords
{
    /// <summary>The expression, as tokenizer.json has it; another one is not known here.</summary>
    public const string Expression =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly string[] Contractions = ["s", "t", "re", "ve", "m", "ll", "d"];

    /// <summary>Every character is in exactly one of the words.</summary>
    public static IEnumerable<Range> Split(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = End(text, at);
            yield return at..end;
            at = end;
        }
    }

    /// <summary>Where the word ends that begins here: the alternatives of the expression in their order.</summary>
    private static int End(string text, int at)
    {
        var first = At(text, at);
        var second = at + first.Utf16SequenceLength;
        if (first.Value == '\'' && Contraction(text, second) is var letters and > 0)
        {
            return second + letters;
        }

        if (IsLetter(first))
        {
            return Run(text, second, IsLetter);
        }

        if (IsNumber(first))
        {
            return second;
        }

        if (!IsLineEnd(first) && second < text.Length && IsLetter(At(text, second)))
        {
            return Run(text, second, IsLetter);
        }

        var marks = first.Value == ' ' ? second : at;
        var afterMarks = Run(text, marks, IsMark);
        if (afterMarks > marks)
        {
            return Run(text, afterMarks, IsLineEnd);
        }

        var afterSpaces = Run(text, at, Rune.IsWhiteSpace);
        var lineEnd = text.AsSpan(at, afterSpaces - at).LastIndexOfAny('\r', '\n');
        if (lineEnd >= 0)
        {
            return at + lineEnd + 1;
        }

        // The last space belongs to what follows it, unless it is alone. All white space is one UTF-16 unit long.
        return afterSpaces == text.Length || afterSpaces - at == 1 ? afterSpaces : afterSpaces - 1;
    }

    /// <summary>How long the ending is that may follow an apostrophe, or 0.</summary>
    private static int Contraction(string text, int at)
    {
        foreach (var ending in Contractions)
        {
            if (at + ending.Length <= text.Length && ending.Zip(text.Substring(at, ending.Length)).All(pair => pair.First == Fold(pair.Second)))
            {
                return ending.Length;
            }
        }

        return 0;
    }

    /// <summary>Unicode's case folding of the letters above; the long s is an s.</summary>
    private static char Fold(char letter) => letter == '\u017F' ? 's' : char.ToLowerInvariant(letter);

    private static int Run(string text, int at, Func<Rune, bool> belongs)
    {
        while (at < text.Length && At(text, at) is var rune && belongs(rune))
        {
            at += rune.Utf16SequenceLength;
        }

        return at;
    }

    private static Rune At(string text, int at) => Rune.TryGetRuneAt(text, at, out var rune) ? rune : Rune.ReplacementChar;

    private static bool IsLineEnd(Rune rune) => rune.Value is '\r' or '\n';

    private static bool IsMark(Rune rune) => !Rune.IsWhiteSpace(rune) && !IsLetter(rune) && !IsNumber(rune);

    private static bool IsLetter(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter;

    private static bool IsNumber(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
