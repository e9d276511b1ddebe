using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;

namespace ReflectDiT.Eval.Training;

/// <summary>
/// Writes tokenizers whose pieces are the words of a small world: byte-pair vocabularies of the published kinds (Gemma's and
/// Qwen's), in which every known word is one piece and all else is spelled.
/// </summary>
public static class WordTokenizer
{
    private const string SpaceMark = "\u2581";

    /// <summary>Gemma's kind: <c>&lt;bos&gt;</c> stands in front of each text.</summary>
    /// <param name="words">In the order of their ids.</param>
    /// <param name="first">Those that a text begins with, or a line: they have no space in front.</param>
    public static void WriteGemma(string folder, IReadOnlyList<string> words, IReadOnlyList<string> first)
    {
        string[] special = ["<pad>", "<eos>", "<bos>", "<unk>"];
        var pieces = new Pieces(SpaceMark);
        pieces.AddAll(special);
        pieces.AddAll(Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"));
        pieces.AddWords(words, first);
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. special.Select((text, id) => Added(text, id))]),
            ["normalizer"] = JsonNode.Parse($$$"""{"type":"Replace","pattern":{"String":" "},"content":"{{{SpaceMark}}}"}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}"""),
            ["post_processor"] = JsonNode.Parse("""
                {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<bos>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
                 "pair":[{"SpecialToken":{"id":"<bos>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"<bos>","type_id":1}},{"Sequence":{"id":"B","type_id":1}}],
                 "special_tokens":{"<bos>":{"id":"<bos>","ids":[2],"tokens":["<bos>"]}}}
                """),
            ["decoder"] = JsonNode.Parse($$$"""
                {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"{{{SpaceMark}}}"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}]}
                """),
            ["model"] = pieces.Model("<unk>", byteFallback: true),
        };
        Write(folder, json, """{"bos_token":"<bos>","eos_token":"<eos>","pad_token":"<pad>","unk_token":"<unk>","tokenizer_class":"GemmaTokenizerFast"}""");
    }

    /// <summary>Qwen's kind, with the marks of its chat and of its images behind the words.</summary>
    /// <param name="words">In the order of their ids.</param>
    /// <param name="first">Those that a text begins with, or a line: they have no space in front.</param>
    /// <param name="special">The marks, in the order of their ids.</param>
    /// <param name="pad">Which of them fills up.</param>
    public static void WriteQwen(
        string folder, IReadOnlyList<string> words, IReadOnlyList<string> first, IReadOnlyList<string> special, string pad)
    {
        // GPT-2's table of bytes: what is not visible is written as what follows U+00FF.
        var invisible = 256;
        var bytes = Enumerable.Range(0, 256)
            .Select(value => ((char)(value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF ? value : invisible++)).ToString()).ToList();
        var pieces = new Pieces(bytes[' ']);
        pieces.AddAll(bytes);
        pieces.AddWords(words, first);
        var model = pieces.Model(null, byteFallback: false);
        var behind = pieces.Count;
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. special.Select((text, i) => Added(text, behind + i))]),
            ["normalizer"] = JsonNode.Parse("""{"type":"NFC"}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""
                {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}
                """),
            ["post_processor"] = JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}"""),
            ["decoder"] = JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"""),
            ["model"] = model,
        };
        Write(folder, json, $$"""{"pad_token":"{{pad}}","tokenizer_class":"Qwen2Tokenizer"}""");
    }

    private static JsonObject Added(string text, int id) => new()
    {
        ["id"] = id,
        ["content"] = text,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };

    private static void Write(string folder, JsonObject tokenizer, string config)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"),
            tokenizer.ToJsonString(new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n", new UTF8Encoding(false));
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config + "\n");
    }

    /// <summary>A vocabulary that grows, and the merges that build each word from its beginning, letter by letter.</summary>
    private sealed class Pieces(string space)
    {
        private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
        private readonly List<(string Left, string Right)> _merges = [];

        public int Count => _ids.Count;

        public void AddAll(IEnumerable<string> pieces)
        {
            foreach (var piece in pieces)
                _ids.TryAdd(piece, _ids.Count);
        }

        /// <summary>
        /// Words behind a space come first: their merges begin at the space, so that within a word no other begins. Those
        /// without a space are few, and the longest of them first: a short one may begin within a long one.
        /// </summary>
        public void AddWords(IReadOnlyList<string> words, IReadOnlyList<string> first)
        {
            AddAll(words.Concat(first).SelectMany(word => word.Select(letter => letter.ToString())).Append(space)
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
            foreach (var word in words)
                Build(space + word);
            foreach (var word in first.OrderByDescending(word => word.Length))
                Build(word);
        }

        public JsonObject Model(string? unknown, bool byteFallback) => new()
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = unknown,
            ["continuing_subword_prefix"] = null,
            ["end_of_word_suffix"] = null,
            ["fuse_unk"] = unknown is not null,
            ["byte_fallback"] = byteFallback,
            ["ignore_merges"] = false,
            ["vocab"] = new JsonObject(_ids.Select(piece => KeyValuePair.Create(piece.Key, (JsonNode?)piece.Value))),
            ["merges"] = new JsonArray([.. _merges.Select(merge => new JsonArray(merge.Left, merge.Right))]),
        };

        private void Build(string word)
        {
            for (var length = 1; length < word.Length; length++)
            {
                if (_ids.TryAdd(word[..(length + 1)], _ids.Count))
                    _merges.Add((word[..length], word[length..(length + 1)]));
            }
        }
    }
}
