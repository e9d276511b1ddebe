using System.Globalization;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Networks.Tokenizers;

/// <summary>What an id stands for: a text, or bytes that make a text only together with others.</summary>
internal sealed record Piece(string? Text, byte[] Bytes, bool IsSpecial);

/// <summary>
/// A <c>tokenizer.json</c>, read. Three kinds are known: Gemma's, whose alphabet is characters (<c>byte_fallback</c>),
/// CLIP's, whose alphabet is bytes of which the last of a word is another symbol (<c>end_of_word_suffix</c>), and Qwen's,
/// whose alphabet is bytes. Every other setting is refused by its name.
/// </summary>
internal sealed class TokenizerFile
{
    /// <summary>Stands for a space in Gemma's pieces.</summary>
    private const string SpaceMark = "\u2581";

    /// <summary>What the last piece of a word ends with in CLIP's vocabulary.</summary>
    private const string WordEnd = "</w>";

    private readonly bool _overCharacters;
    private readonly bool _endsWords;

    private TokenizerFile(string path, JsonElement root)
    {
        Path = path;
        var model = root.GetProperty("model");
        Expect(model, "type", "BPE");
        Expect(model, "dropout", (string?)null);
        Expect(model, "continuing_subword_prefix", null, "");
        Expect(model, "end_of_word_suffix", null, "", WordEnd);
        Expect(model, "ignore_merges", null, "false");
        _overCharacters = Setting(model, "byte_fallback") == "true";
        _endsWords = Setting(model, "end_of_word_suffix") == WordEnd;
        ExpectSteps(root);

        Ids = model.GetProperty("vocab").EnumerateObject().ToDictionary(piece => piece.Name, piece => piece.Value.GetInt32());
        var added = root.GetProperty("added_tokens").EnumerateArray().Select(ReadAdded).ToList();
        foreach (var (text, id, _) in added)
        {
            Ids[text] = id;
        }

        Added = new AddedTokens(added.Select(token => (token.Text, token.Id)));
        Merges = ReadMerges(model.GetProperty("merges"));
        Pieces = new Piece?[Ids.Values.Max() + 1];
        var special = added.Where(token => token.IsSpecial).Select(token => token.Id).ToHashSet();
        foreach (var (piece, id) in Ids)
        {
            Pieces[id] = ReadPiece(piece, special.Contains(id));
        }

        (Before, After) = ReadTemplate(root.GetProperty("post_processor"));
        PadId = ReadPad();
    }

    public string Path { get; }

    public Dictionary<string, int> Ids { get; }

    /// <summary>By id; null where an id is not used.</summary>
    public Piece?[] Pieces { get; }

    public AddedTokens Added { get; }

    public BytePairMerges Merges { get; }

    /// <summary>The ids that are put in front of a text.</summary>
    public int[] Before { get; }

    /// <summary>The ids that are put behind it.</summary>
    public int[] After { get; }

    public int PadId { get; }

    /// <exception cref="InvalidDataException">The file is damaged, or asks for something that is not known here.</exception>
    public static TokenizerFile Read(string path)
    {
        var text = File.ReadAllText(path);
        try
        {
            using var document = JsonDocument.Parse(text);
            return new TokenizerFile(path, document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: not a tokenizer.json of the tokenizers library: {JsonFault.Read(text, e)}", e);
        }
    }

    /// <summary>The stretch between two added tokens as the merges want it.</summary>
    public string Normalize(string stretch) => _overCharacters ? stretch.Replace(" ", SpaceMark)
        : _endsWords ? PromptText.Lower(Nfc.Normalize(stretch))
        : Nfc.Normalize(stretch);

    /// <summary>What is encoded apart of each other; Gemma does not split.</summary>
    public IEnumerable<Range> Words(string stretch) => _overCharacters ? [Range.All]
        : _endsWords ? ClipWords.Split(stretch)
        : QwenWords.Split(stretch);

    /// <summary>A run of bytes as text: Qwen's lacks the characters that are cut, Gemma's is given up as a whole.</summary>
    public string DecodeBytes(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        return _overCharacters && !Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(bytes) ? new string('\uFFFD', bytes.Length) : text;
    }

    /// <summary>Refuses steps around the merges that are not those of a known kind.</summary>
    private void ExpectSteps(JsonElement root)
    {
        if (_overCharacters)
        {
            ExpectJson(root, "normalizer", $$$"""{"type":"Replace","pattern":{"String":" "},"content":"{{{SpaceMark}}}"}""");
            // Splits at spaces, of which the normalizer has left none.
            ExpectJson(root, "pre_tokenizer", "null", """{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}""");
            ExpectJson(root, "decoder", $$$"""
                {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"{{{SpaceMark}}}"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}]}
                """);
            return;
        }

        // White space is left out of CLIP's words, so that making one space of more changes nothing.
        ExpectJson(root, "normalizer", _endsWords
            ? """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]}"""
            : """{"type":"NFC"}""");
        var steps = root.GetProperty("pre_tokenizer").GetProperty("pretokenizers");
        ExpectJson(steps[0], "pattern", JsonSerializer.Serialize(new { Regex = _endsWords ? ClipWords.Expression : QwenWords.Expression }));
        Expect(steps[0], "behavior", _endsWords ? "Removed" : "Isolated");
        Expect(steps[0], "invert", _endsWords ? "true" : "false");
        Expect(steps[1], "type", "ByteLevel");
        Expect(steps[1], "add_prefix_space", "false");
        // CLIP's file does not say it: splitting its words once more by GPT-2's expression leaves them whole.
        Expect(steps[1], "use_regex", _endsWords ? null : "false", "false", _endsWords ? "true" : "false");
        Expect(root.GetProperty("decoder"), "type", "ByteLevel");
        if (steps.GetArrayLength() != 2)
        {
            throw Refusal("pretokenizers", steps.GetRawText());
        }
    }

    private (string Text, int Id, bool IsSpecial) ReadAdded(JsonElement token)
    {
        foreach (var flag in (ReadOnlySpan<string>)["single_word", "lstrip", "rstrip"])
        {
            Expect(token, flag, "false");
        }

        // CLIP's start of a text is searched in lower case, in which it is written.
        Expect(token, "normalized", "false", _endsWords ? "true" : "false");

        var text = token.GetProperty("content").GetString();
        return string.IsNullOrEmpty(text)
            ? throw Refusal("added_tokens", "an empty token")
            : (text, token.GetProperty("id").GetInt32(), token.GetProperty("special").GetBoolean());
    }

    private BytePairMerges ReadMerges(JsonElement merges)
    {
        var characters = _overCharacters
            ? Ids.Where(piece => IsOneCharacter(piece.Key)).ToDictionary(piece => char.ConvertToUtf32(piece.Key, 0), piece => piece.Value)
            : [];
        var bytes = new int[256];
        foreach (var (value, written) in ByteAlphabet.All)
        {
            // A character of one byte that is a piece itself is never spelled in bytes: Gemma has no <0x09>.
            bytes[value] = value < 0x80 && characters.TryGetValue(value, out var id) ? id
                : PieceId(_overCharacters ? $"<0x{value:X2}>" : written.ToString());
        }

        var last = _endsWords ? new int[256] : null;
        foreach (var (value, written) in _endsWords ? ByteAlphabet.All : [])
        {
            last![value] = PieceId(written + WordEnd);
        }

        var result = new BytePairMerges(characters, bytes, last);
        foreach (var merge in merges.EnumerateArray())
        {
            // Older files write "left right".
            var pair = merge.ValueKind == JsonValueKind.String
                ? merge.GetString()!.Split(' ')
                : [.. merge.EnumerateArray().Select(part => part.GetString()!)];
            if (pair.Length != 2)
            {
                throw Refusal("merges", merge.GetRawText());
            }

            result.Add(PieceId(pair[0]), PieceId(pair[1]), PieceId(pair[0] + pair[1]));
        }

        return result;
    }

    private Piece ReadPiece(string piece, bool isSpecial)
    {
        if (_endsWords && piece.EndsWith(WordEnd, StringComparison.Ordinal))
        {
            return new Piece(null, [.. ByteAlphabet.Read(piece[..^WordEnd.Length]) ?? Encoding.UTF8.GetBytes(piece), (byte)' '], isSpecial);
        }

        if (!_overCharacters)
        {
            return new Piece(null, ByteAlphabet.Read(piece) ?? Encoding.UTF8.GetBytes(piece), isSpecial);
        }

        return piece is ['<', '0', 'x', _, _, '>']
            && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? new Piece(null, [value], isSpecial)
            : new Piece(piece.Replace(SpaceMark, " ", StringComparison.Ordinal), [], isSpecial);
    }

    /// <summary>The ids around a single text.</summary>
    private (int[] Before, int[] After) ReadTemplate(JsonElement processor)
    {
        if (Setting(processor, "type") == "ByteLevel")
        {
            return ([], []);
        }

        if (_endsWords && Setting(processor, "type") == "RobertaProcessing")
        {
            return ([processor.GetProperty("cls")[1].GetInt32()], [processor.GetProperty("sep")[1].GetInt32()]);
        }

        Expect(processor, "type", "TemplateProcessing");
        var ids = (Before: new List<int>(), After: new List<int>());
        var seen = false;
        foreach (var part in processor.GetProperty("single").EnumerateArray())
        {
            if (part.TryGetProperty("Sequence", out _))
            {
                seen = true;
                continue;
            }

            var name = part.GetProperty("SpecialToken").GetProperty("id").GetString()!;
            (seen ? ids.After : ids.Before).AddRange(
                processor.GetProperty("special_tokens").GetProperty(name).GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        }

        return ([.. ids.Before], [.. ids.After]);
    }

    private int ReadPad()
    {
        var config = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, "tokenizer_config.json");
        if (!File.Exists(config))
        {
            return -1;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(config));
        if (!document.RootElement.TryGetProperty("pad_token", out var token) || token.ValueKind == JsonValueKind.Null)
        {
            return -1;
        }

        return PieceId((token.ValueKind == JsonValueKind.Object ? token.GetProperty("content") : token).GetString()!);
    }

    private static bool IsOneCharacter(string piece) =>
        piece.Length == 1 ? !char.IsSurrogate(piece[0]) : piece.Length == 2 && char.IsSurrogatePair(piece, 0);

    private int PieceId(string piece) =>
        Ids.TryGetValue(piece, out var id) ? id : throw new InvalidDataException($"{Path}: the vocabulary has no piece {piece}, which is needed.");

    /// <summary>A setting as text; null where it is not there or null.</summary>
    private static string? Setting(JsonElement json, string key) =>
        !json.TryGetProperty(key, out var value) ? null : value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => value.GetString(),
            _ => value.GetRawText(),
        };

    private void Expect(JsonElement json, string key, params string?[] known)
    {
        if (Setting(json, key) is var found && !known.Contains(found))
        {
            throw Refusal(key, found ?? "nothing");
        }
    }

    private void ExpectJson(JsonElement json, string key, params string[] known)
    {
        var value = json.GetProperty(key);
        if (!known.Any(text => JsonElement.DeepEquals(value, JsonElement.Parse(text))))
        {
            throw Refusal(key, value.GetRawText());
        }
    }

    private InvalidDataException Refusal(string key, string found) =>
        new($"{Path}: {key} is {found}; known are the byte-pair vocabularies of Gemma, Qwen and CLIP as they are published.");
}
