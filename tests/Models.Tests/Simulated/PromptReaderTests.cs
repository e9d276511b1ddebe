using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Models.Simulated;

namespace ReflectDiT.Eval.Models.Tests.Simulated;

public sealed class PromptReaderTests
{
    [Fact]
    public void Every_prompt_of_many_sets_reads_back_to_its_clauses()
    {
        var prompts = Enumerable.Range(0, 10).SelectMany(seed => PromptSet.Generate((UInt128)seed, 100))
            .Concat(PromptSet.Published).ToList();
        Assert.True(prompts.Count > 5000);
        Assert.All(prompts, prompt => Assert.Equal(
            MetadataJson.Write(prompt), MetadataJson.Write(PromptReader.Read(prompt.Prompt))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a dog")]
    [InlineData("a photo of a unicorn")]
    [InlineData("a photo of one dogs")]
    [InlineData("a photo of a red dog left of a cat")]
    [InlineData("a photo of a red dog and a cat")]
    [InlineData("a photo of a mauve dog")]
    public void Other_text_is_refused_by_name(string prompt)
    {
        var error = Assert.Throws<InvalidDataException>(() => PromptReader.Read(prompt));
        Assert.Contains($"\"{prompt}\"", error.Message, StringComparison.Ordinal);
    }
}
