using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

namespace ReflectDiT.Eval.Benchmarks.Tests.GenEval.Simulated;

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
    [InlineData("ein Hund im Regen")]
    public void Any_other_text_stands_for_a_published_prompt_always_the_same(string text)
    {
        var read = PromptReader.Read(text);
        Assert.Equal(text, read.Prompt);
        Assert.Equal(MetadataJson.Write(read), MetadataJson.Write(PromptReader.Read(text)));
        Assert.Single(PromptSet.Published, p => MetadataJson.Write(p with { Prompt = text }) == MetadataJson.Write(read));
    }

    [Fact]
    public void Other_texts_stand_for_prompts_of_every_category()
    {
        var read = Enumerable.Range(0, 200).Select(i => PromptReader.Read($"scene {i}")).ToList();
        Assert.Equal(Categories.All.Order(), read.Select(r => r.Tag).Distinct().Order());
    }
}
