using System.Text;

namespace ReflectDiT.Eval.Networks.Tokenizers;

/// <summary>
/// Text to ids and back by a <c>tokenizer.json</c>, as Hugging Face's tokenizers do it: byte-pair encoding over
/// characters with bytes for the rest (Gemma), or over bytes (Qwen, CLIP). It is our own because the library at hand,
/// Microsoft.ML.Tokenizers, knows no byte fallback, and normalises with ICU: docs/networks.md says what was measured.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerFile _file;

    private Tokenizer(TokenizerFile file) => _file = file;

    /// <summary>How many ids there are, added tokens included; the largest id is one less.</summary>
    public int Count => _file.Pieces.Length;

    /// <summary>What fills a sequence up; -1 where <c>tokenizer_config.json</c> names no such token.</summary>
    public int PadId => _file.PadId;

    /// <summary>Reads <c>tokenizer.json</c>, and <c>tokenizer_config.json</c> beside it, which names the padding.</summary>
    /// <param name="path">The file, or the folder that it lies in.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or asks for something that is not known here.</exception>
    public static Tokenizer Open(string path) =>
        new(TokenizerFile.Read(Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path));

    /// <summary>The ids of a text. Added tokens that are typed in it are found as such.</summary>
    /// <param name="special">Whether the tokens that the tokenizer adds (Gemma's <c>&lt;bos&gt;</c>) stand around it.</param>
    public int[] Encode(string text, bool special = true)
    {
        var ids = new List<int>(text.Length / 3 + 2);
        if (special)
        {
            ids.AddRange(_file.Before);
        }

        foreach (var (start, length, added) in _file.Added.Split(text))
        {
            if (added >= 0)
            {
                ids.Add(added);
                continue;
            }

            var stretch = _file.Normalize(text.Substring(start, length));
            foreach (var word in _file.Words(stretch))
            {
                _file.Merges.Encode(stretch.AsSpan(word), ids);
            }
        }

        if (special)
        {
            ids.AddRange(_file.After);
        }

        return [.. ids];
    }

    /// <summary>The first <paramref name="length"/> ids of a text, filled up on the right.</summary>
    /// <returns>The ids, and how many of them are not padding.</returns>
    public (int[] Ids, int Used) EncodePadded(string text, int length)
    {
        if (PadId < 0)
        {
            throw new InvalidOperationException($"{_file.Path}: no padding token is named in tokenizer_config.json beside it.");
        }

        var ids = Encode(text);
        var used = Math.Min(ids.Length, length);
        var padded = new int[length];
        ids.AsSpan(0, used).CopyTo(padded);
        padded.AsSpan(used).Fill(PadId);
        return (padded, used);
    }

    /// <summary>The text of ids; what is no id of this tokenizer is left out, and bytes that make no character become U+FFFD.</summary>
    /// <param name="skipSpecial">Whether tokens marked as special leave no text.</param>
    public string Decode(IEnumerable<int> ids, bool skipSpecial = false)
    {
        var text = new StringBuilder();
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)_file.Pieces.Length || _file.Pieces[id] is not { } piece || (skipSpecial && piece.IsSpecial))
            {
                continue;
            }

            if (piece.Text is null)
            {
                bytes.AddRange(piece.Bytes);
                continue;
            }

            Flush();
            text.Append(piece.Text);
        }

        Flush();
        return text.ToString();

        void Flush()
        {
            text.Append(_file.DecodeBytes(bytes.ToArray()));
            bytes.Clear();
        }
    }

    /// <summary>The id of one piece or added token, exactly as it is written in the file.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public int Id(string piece) => _file.Ids.TryGetValue(piece, out var id)
        ? id
        : throw new KeyNotFoundException($"{_file.Path}: has no piece {piece}.");
}
