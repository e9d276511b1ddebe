using System.Text;

namespace ReflectDiT.Eval.Core.Text;

/// <summary>
/// Unicode's normalisation form C, with a table of our own (UAX #15): <c>string.Normalize</c> returns its input where
/// globalization is invariant, and elsewhere answers by the machine's Unicode version, on which no name may depend.
/// </summary>
public static class Nfc
{
    // Hangul syllables are computed: leading consonant, vowel, trailing consonant or none.
    private const int Leads = 0x1100;
    private const int LeadCount = 19;
    private const int Vowels = 0x1161;
    private const int VowelCount = 21;
    private const int Trails = 0x11A7;
    private const int TrailCount = 28;
    private const int Syllables = 0xAC00;
    private const int SyllableCount = LeadCount * VowelCount * TrailCount;

    /// <summary>The text, composed. What is no character (a lone surrogate, an unassigned code point) stays as it is.</summary>
    public static string Normalize(string text)
    {
        // Nothing below the first combining mark is ever changed.
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', '\u02FF') < 0)
        {
            return text;
        }

        var codes = new List<int>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            Decompose(pair ? char.ConvertToUtf32(text[i], text[++i]) : text[i], codes);
        }

        Order(codes);
        Compose(codes);
        var composed = new StringBuilder(text.Length);
        foreach (var code in codes)
        {
            _ = code <= char.MaxValue ? composed.Append((char)code) : composed.Append(char.ConvertFromUtf32(code));
        }

        return composed.ToString();
    }

    private static void Decompose(int code, List<int> codes)
    {
        if (code - Syllables is >= 0 and < SyllableCount and var syllable)
        {
            codes.Add(Leads + syllable / TrailCount / VowelCount);
            codes.Add(Vowels + syllable / TrailCount % VowelCount);
            if (syllable % TrailCount != 0)
            {
                codes.Add(Trails + syllable % TrailCount);
            }
        }
        else if (NfcTable.Decompositions.TryGetValue(code, out var parts))
        {
            Decompose(parts.First, codes);
            if (parts.Second != 0)
            {
                Decompose(parts.Second, codes);
            }
        }
        else
        {
            codes.Add(code);
        }
    }

    /// <summary>Sorts each run of combining marks by class; equal classes keep their order.</summary>
    private static void Order(List<int> codes)
    {
        for (var end = 1; end < codes.Count; end++)
        {
            var (code, rank) = (codes[end], NfcTable.Class(codes[end]));
            var at = end;
            for (; rank != 0 && at > 0 && NfcTable.Class(codes[at - 1]) > rank; at--)
            {
                codes[at] = codes[at - 1];
            }

            codes[at] = code;
        }
    }

    /// <summary>Joins each character with the last starter before it, if nothing between them stands in the way.</summary>
    private static void Compose(List<int> codes)
    {
        var (count, starter, classBefore) = (0, -1, 0);
        for (var at = 0; at < codes.Count; at++)
        {
            var code = codes[at];
            var rank = NfcTable.Class(code);
            var blocked = starter < count - 1 && classBefore >= rank;
            if (starter >= 0 && !blocked && Pair(codes[starter], code) is var joined and not 0)
            {
                codes[starter] = joined;
                continue;
            }

            if (rank == 0)
            {
                starter = count;
            }

            classBefore = rank;
            codes[count++] = code;
        }

        codes.RemoveRange(count, codes.Count - count);
    }

    /// <summary>The character that two are composed to, or 0.</summary>
    private static int Pair(int first, int second)
    {
        if (first - Leads is >= 0 and < LeadCount and var lead && second - Vowels is >= 0 and < VowelCount and var vowel)
        {
            return Syllables + (lead * VowelCount + vowel) * TrailCount;
        }

        if (first - Syllables is >= 0 and < SyllableCount and var syllable && syllable % TrailCount == 0
            && second - Trails is > 0 and < TrailCount and var trail)
        {
            return first + trail;
        }

        return NfcTable.Compositions.GetValueOrDefault((first, second));
    }
}
