using System.Buffers;

namespace ReflectDiT.Eval.Networks.Tokenizers;

/// <summary>
/// Tokens that stand beside the vocabulary and are found in the raw text before anything else happens to it: from the
/// left, the longest that fits.
/// </summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<char, (string Text, int Id)[]> _byFirst;
    private readonly SearchValues<char> _first;

    /// <param name="tokens">None of them empty.</param>
    public AddedTokens(IEnumerable<(string Text, int Id)> tokens)
    {
        _byFirst = tokens.GroupBy(token => token.Text[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Text.Length).ToArray());
        _first = SearchValues.Create([.. _byFirst.Keys]);
    }

    /// <summary>The text in stretches: an added token with its id, or what is between two with -1.</summary>
    public IEnumerable<(int Start, int Length, int Id)> Split(string text)
    {
        var (start, at) = (0, 0);
        while (NextCandidate(text, at) is var candidate and >= 0)
        {
            at = candidate;
            var (token, id) = Array.Find(_byFirst[text[at]], t => string.CompareOrdinal(text, at, t.Text, 0, t.Text.Length) == 0);
            if (token is null)
            {
                at++;
                continue;
            }

            if (at > start)
            {
                yield return (start, at - start, -1);
            }

            yield return (at, token.Length, id);
            at += token.Length;
            start = at;
        }

        if (start < text.Length)
        {
            yield return (start, text.Length - start, -1);
        }
    }

    private int NextCandidate(string text, int from)
    {
        var next = text.AsSpan(from).IndexOfAny(_first);
        return next < 0 ? -1 : from + next;
    }
}
