using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Benchmarks.Tests.Shapes;

public sealed class ShapePromptsTests
{
    private static readonly ShapePrompts Sets = ShapePrompts.Published;

    [Fact]
    public void The_published_sets_have_forty_and_twenty_of_each_category_each_once()
    {
        Assert.Equal(Categories.All.Select(c => (c, 40)), Sets.Test.CountBy(p => p.Tag).Select(c => (c.Key, c.Value)));
        Assert.Equal(Categories.All.Select(c => (c, 20)), Sets.Validation.CountBy(p => p.Tag).Select(c => (c.Key, c.Value)));
        foreach (var set in new[] { Sets.Test, Sets.Validation, Sets.Training })
        {
            Assert.Distinct(set.Select(p => p.Prompt));
        }
    }

    /// <summary>Numbers on one set compare with numbers on the same set alone: a change of it is another benchmark.</summary>
    [Fact]
    public void The_published_set_never_changes() => Assert.Equal(
        "8ecd9a46959be5d5b0022d834348a3a9",
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Sets.Test.Select(MetadataJson.Write)))))[..32]);

    [Fact]
    public void Another_seed_shares_the_prompts_out_anew()
    {
        var other = new ShapePrompts(UInt128.MaxValue);
        Assert.Equal(Sets.Test.CountBy(p => p.Tag), other.Test.CountBy(p => p.Tag));
        Assert.InRange(other.Test.IntersectBy(Sets.Test.Select(p => p.Prompt), p => p.Prompt).Count(), 40, 120);
    }

    [Fact]
    public void No_prompt_is_in_two_sets_but_those_of_single_objects()
    {
        var held = Sets.Test.Concat(Sets.Validation).ToList();
        var inTwo = held.Where(p => Sets.IsOfTraining(p.Prompt)).Concat(Sets.Test.IntersectBy(Sets.Validation.Select(p => p.Prompt), p => p.Prompt));
        Assert.All(inTwo, p => Assert.Equal(Categories.SingleObject, p.Tag));
        Assert.Equal(40, Sets.Training.Count(p => p.Tag == Categories.SingleObject));
        Assert.All(Sets.Training.CountBy(p => p.Tag), c => Assert.InRange(c.Value, 40, 24_900));
    }

    [Fact]
    public void Of_positions_and_colour_attributes_what_is_held_out_is_in_training_in_no_other_words()
    {
        var asked = Sets.Training.Select(Asked).ToHashSet();
        Assert.All(
            Sets.Test.Concat(Sets.Validation).Where(p => p.Tag is Categories.Position or Categories.ColorAttr),
            p => Assert.DoesNotContain(Asked(p), asked));
    }

    [Fact]
    public void Prompts_are_worded_as_GenEvals_are()
    {
        var photos = Sets.Training.Select(p => p.Prompt).ToHashSet();
        Assert.Contains("a photo of a moon", photos);
        Assert.Contains(photos, p => p.StartsWith("a photo of an orange ", StringComparison.Ordinal));
        Assert.Contains(photos, p => p.EndsWith("three crosses", StringComparison.Ordinal));
        Assert.Contains(photos, p => p.Contains(" right of a ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_nearly_right_prompt_is_one_for_training_of_the_same_category_that_the_scene_does_not_show()
    {
        var random = new NumpyRandom(1);
        foreach (var prompt in Sets.Training.Where((_, i) => i % 20 == 0 || i < 700))
        {
            var scene = SceneSampler.Sample(prompt, random);
            var near = NearlyRight.Sample(prompt, scene, Sets, random)!;
            Assert.True(Sets.IsOfTraining(near.Prompt.Prompt), near.Prompt.Prompt);
            Assert.Equal(prompt.Tag, near.Prompt.Tag);
            Assert.Equal(near.Fault, ShapeFault.First(near.Prompt, scene.Detections()));
        }
    }

    private static string Asked(PromptMetadata prompt) => string.Join(" ", prompt.Include);
}
