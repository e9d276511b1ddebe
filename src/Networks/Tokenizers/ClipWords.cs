using System.Globalization;
using System.Text;

namespace ReflectDiT.Eval.Networks.Tokenizers;

/// <summary>Splits text as CLIP's regular expression does; what it does not match, white space, is left out.</summary>
internal static class ClipWords
{
    /// <summary>The expression, as tokenizer.json has it; another one is not known here.</summary>
    public const string Expression = @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    /// <param name="text">In lower case.</param>
    public static IEnumerable<Range> Split(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var kind = KindAt(text, at, out var next);
            if (kind == 's')
            {
                at = next;
                continue;
            }

            var start = at;
            if (Array.Find(Contractions, word => string.CompareOrdinal(text, start, word, 0, word.Length) == 0) is { } contraction)
                next = at + contraction.Length;
            else if (kind != 'N')
                next = End(text, next, kind);
            yield return at..next;
            at = next;
        }
    }

    private static int End(string text, int at, char kind)
    {
        while (at < text.Length && KindAt(text, at, out var next) == kind)
            at = next;
        return at;
    }

    /// <summary>L for a letter, N for a number, s for white space, else a mark.</summary>
    private static char KindAt(string text, int at, out int next)
    {
        var rune = Rune.TryGetRuneAt(text, at, out var whole) ? whole : Rune.ReplacementChar;
        next = at + rune.Utf16SequenceLength;
        return Rune.IsWhiteSpace(rune) ? 's' : Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter => 'L',
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => 'N',
            _ => '.',
        };
    }
}
