using System.Text.Json;
using System.Text.Json.Nodes;
using ReflectDiT.Eval.Networks.Tokenizers;

namespace ReflectDiT.Eval.Networks.Tests;

public sealed class TokenizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;

    /// <summary>CLIP's kind with a vocabulary of our own: the published one lies on no registry.</summary>
    [Theory]
    [InlineData("cat", new[] { 900, 514, 901 })]
    [InlineData("  Cat \n CATS ", new[] { 900, 514, 513, 256 + 's', 901 })]
    [InlineData("cat's 12", new[] { 900, 514, '\'', 256 + 's', 256 + '1', 256 + '2', 901 })]
    [InlineData("ca", new[] { 900, 'c', 256 + 'a', 901 })]
    [InlineData("é", new[] { 900, 0xC3, 256 + 0xA9, 901 })]
    [InlineData("", new[] { 900, 901 })]
    public void The_last_piece_of_a_word_of_CLIP_is_another_than_the_same_within(string text, int[] ids) =>
        Assert.Equal(ids, Tokenizer.Open(Clip()).Encode(text));

    [Theory]
    [InlineData("cat cats", "cat cats ")]
    [InlineData("é!", "é ! ")]
    public void Words_of_CLIP_are_put_together_again(string text, string decoded) =>
        Assert.Equal(decoded, Tokenizer.Open(Clip()) is var tokenizer ? tokenizer.Decode(tokenizer.Encode(text, special: false)) : "");

    [Theory]
    [InlineData("gemma-tiny", "/model/type", "\"Unigram\"", "type is Unigram")]
    [InlineData("gemma-tiny", "/model/dropout", "0.1", "dropout is 0.1")]
    [InlineData("gemma-tiny", "/normalizer", "{\"type\":\"NFKC\"}", "normalizer is {\"type\":\"NFKC\"}")]
    [InlineData("gemma-tiny", "/model/vocab/<0x00>", null, "the vocabulary has no piece <0x00>")]
    [InlineData("qwen2-tiny", "/model/ignore_merges", "true", "ignore_merges is true")]
    [InlineData("qwen2-tiny", "/pre_tokenizer/pretokenizers/0/pattern", "{\"Regex\":\"x\"}", "pattern is {\"Regex\":\"x\"}")]
    [InlineData("qwen2-tiny", "/added_tokens/0/lstrip", "true", "lstrip is true")]
    [InlineData("qwen2-tiny", "/model/merges/0", "[\"a\"]", "merges is [\"a\"]")]
    [InlineData("qwen2-tiny", "/model/vocab", null, "not a tokenizer.json")]
    public void What_is_not_known_is_refused_by_its_name(string tokenizer, string path, string? value, string said)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(GoldenCase.Repository, "tokenizers", tokenizer, "tokenizer.json")))!;
        var steps = path.Split('/')[1..];
        var parent = steps[..^1].Aggregate(json, (node, step) => node is JsonArray ? node[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]! : node[step]!);
        if (value is null)
            parent.AsObject().Remove(steps[^1]);
        else if (parent is JsonArray list)
            list[int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture)] = JsonNode.Parse(value);
        else
            parent[steps[^1]] = JsonNode.Parse(value);
        var file = Path.Combine(_folder, "tokenizer.json");
        File.WriteAllText(file, json.ToJsonString());
        var refusal = Assert.Throws<InvalidDataException>(() => Tokenizer.Open(file));
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(file, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_without_its_configuration_does_not_pad()
    {
        var file = Path.Combine(_folder, "tokenizer.json");
        File.Copy(Path.Combine(GoldenCase.Repository, "tokenizers/gemma-tiny/tokenizer.json"), file);
        Assert.Contains("tokenizer_config.json", Assert.Throws<InvalidOperationException>(() => Tokenizer.Open(file).EncodePadded("a", 4)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Bytes are 0 to 255 within words and 256 to 511 at their ends; then the merges for "cat" and "cats".</summary>
    private string Clip()
    {
        var vocabulary = new Dictionary<string, int>();
        foreach (var (value, written) in ByteAlphabet.All)
            (vocabulary[$"{written}"], vocabulary[$"{written}</w>"]) = (value, 256 + value);
        (vocabulary["ca"], vocabulary["cat"], vocabulary["cat</w>"]) = (512, 513, 514);
        (vocabulary["<|startoftext|>"], vocabulary["<|endoftext|>"]) = (900, 901);
        var file = Path.Combine(_folder, "tokenizer.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new
        {
            added_tokens = new[] { Added("<|startoftext|>", 900, normalized: true), Added("<|endoftext|>", 901, normalized: false) },
            normalizer = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]}"""),
            pre_tokenizer = new
            {
                type = "Sequence",
                pretokenizers = new object[]
                {
                    new { type = "Split", pattern = new { Regex = ClipWords.Expression }, behavior = "Removed", invert = true },
                    new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true },
                },
            },
            post_processor = new { type = "RobertaProcessing", sep = new object[] { "<|endoftext|>", 901 }, cls = new object[] { "<|startoftext|>", 900 } },
            decoder = new { type = "ByteLevel" },
            model = new { type = "BPE", end_of_word_suffix = "</w>", vocab = vocabulary, merges = new[] { "c a", "ca t", "ca t</w>" } },
        }));
        return file;

        static object Added(string content, int id, bool normalized) =>
            new { id, content, single_word = false, lstrip = false, rstrip = false, normalized, special = true };
    }
}
