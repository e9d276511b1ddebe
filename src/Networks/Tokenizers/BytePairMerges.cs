namespace ReflectDiT.Eval.Networks.Tokenizers;

/// <summary>
/// Byte-pair encoding: a text becomes the symbols of its alphabet, then of all neighbours that a merge joins the pair
/// whose merge stands first in the file is joined, the leftmost first, until no merge is left.
/// </summary>
internal sealed class BytePairMerges
{
    private readonly Dictionary<(int Left, int Right), (int Rank, int Joined)> _merges = [];
    private readonly IReadOnlyDictionary<int, int> _characters;
    private readonly int[] _bytes;
    private readonly int[]? _lastBytes;

    /// <param name="characters">Code points that are symbols, with their ids; empty where bytes are all there is.</param>
    /// <param name="bytes">The id of each of the 256 bytes: what stands for other characters, in UTF-8.</param>
    /// <param name="lastBytes">The ids of bytes that end a word, where those are other ones.</param>
    public BytePairMerges(IReadOnlyDictionary<int, int> characters, int[] bytes, int[]? lastBytes = null) =>
        (_characters, _bytes, _lastBytes) = (characters, bytes, lastBytes);

    /// <summary>Adds the next merge in the file's order; several may give the same piece.</summary>
    public void Add(int left, int right, int joined) => _merges[(left, right)] = (_merges.Count, joined);

    /// <summary>Appends the ids of a word. Takes n log n, as a word may be a whole page.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        var symbols = new Symbols(Alphabet(word));
        var open = new PriorityQueue<(int At, int Joined), (int Rank, int At)>();
        for (var at = 0; at < symbols.Ids.Length - 1; at++)
        {
            Offer(at);
        }

        while (open.TryDequeue(out var merge, out _))
        {
            var (at, joined) = merge;
            // The pair that was offered may be gone. One that gives the same piece is taken in its place.
            if (symbols.Ids[at] < 0 || symbols.Next[at] < 0
                || !_merges.TryGetValue((symbols.Ids[at], symbols.Ids[symbols.Next[at]]), out var now) || now.Joined != joined)
            {
                continue;
            }

            symbols.Join(at, joined);
            if (symbols.Previous[at] >= 0)
            {
                Offer(symbols.Previous[at]);
            }

            Offer(at);
        }

        foreach (var id in symbols.Ids)
        {
            if (id >= 0)
            {
                ids.Add(id);
            }
        }

        void Offer(int at)
        {
            var next = symbols.Next[at];
            if (next >= 0 && _merges.TryGetValue((symbols.Ids[at], symbols.Ids[next]), out var merge))
            {
                open.Enqueue((at, merge.Joined), (merge.Rank, at));
            }
        }
    }

    private int[] Alphabet(ReadOnlySpan<char> word)
    {
        var ids = new List<int>(word.Length);
        Span<byte> utf8 = stackalloc byte[4];
        byte last = 0;
        foreach (var rune in word.EnumerateRunes())
        {
            if (_characters.TryGetValue(rune.Value, out var id))
            {
                ids.Add(id);
                continue;
            }

            var length = rune.EncodeToUtf8(utf8);
            foreach (var b in utf8[..length])
            {
                ids.Add(_bytes[b]);
                last = b;
            }
        }

        if (_lastBytes is not null && ids.Count > 0)
        {
            ids[^1] = _lastBytes[last];
        }

        return [.. ids];
    }

    /// <summary>A list of symbols in which two neighbours become one; what was joined to its left has the id -1.</summary>
    private readonly struct Symbols
    {
        public Symbols(int[] ids)
        {
            Ids = ids;
            Previous = [.. Enumerable.Range(-1, ids.Length)];
            Next = [.. Enumerable.Range(1, ids.Length)];
            if (ids.Length > 0)
            {
                Next[^1] = -1;
            }
        }

        public int[] Ids { get; }

        public int[] Previous { get; }

        public int[] Next { get; }

        public void Join(int at, int joined)
        {
            var gone = Next[at];
            Ids[at] = joined;
            Ids[gone] = -1;
            Next[at] = Next[gone];
            if (Next[at] >= 0)
            {
                Previous[Next[at]] = at;
            }
        }
    }
}
