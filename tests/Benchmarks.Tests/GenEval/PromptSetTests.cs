using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Benchmarks.Tests.GenEval;

public sealed class PromptSetTests
{
    public static TheoryData<string> Sets => [.. OracleData.Lines("prompt-seeds.jsonl")];

    [Theory]
    [MemberData(nameof(Sets))]
    public void Generated_files_have_the_published_hashes(string line)
    {
        var json = JsonDocument.Parse(line).RootElement;
        var seed = UInt128.Parse(json.GetProperty("seed").GetString()!);

        var prompts = PromptSet.Generate(seed, json.GetProperty("n").GetInt32());

        Assert.Equal(json.GetProperty("prompts").GetInt32(), prompts.Count);
        Assert.Equal(
            json.GetProperty("per_tag").EnumerateObject().Select(tag => (tag.Name, tag.Value.GetInt32())),
            prompts.CountBy(prompt => prompt.Tag).Select(tag => (tag.Key, tag.Value)));
        Assert.Equal(json.GetProperty("metadata_sha256").GetString(), Hash(MetadataFile(prompts)));
        Assert.Equal(json.GetProperty("prompts_sha256").GetString(), Hash(Lines(prompts.Select(p => p.Prompt))));
    }

    [Fact]
    public void Published_set_is_the_benchmark_of_553_prompts()
    {
        Assert.Equal(
            "5c48e0813e812e3c373fa5c8ed07a8f0a483be30272b4427b0559c8048e67c13",
            Hash(MetadataFile(PromptSet.Published)));
        Assert.Equal(553, PromptSet.Published.Select(prompt => prompt.Prompt).Distinct().Count());
    }

    [Fact]
    public void Largest_seed_gives_a_set_of_its_own() =>
        Assert.NotEqual(
            MetadataFile(PromptSet.Generate(UInt128.MaxValue, 5)),
            MetadataFile(PromptSet.Generate(UInt128.MaxValue >> 1, 5)));

    [Fact]
    public void Plurals_keep_the_published_misspellings() =>
        Assert.Contains(PromptSet.Published, prompt => prompt.Prompt == "a photo of four benchs");

    private static string MetadataFile(IEnumerable<PromptMetadata> prompts) => Lines(prompts.Select(MetadataJson.Write));

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(l => l + "\n"));

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
