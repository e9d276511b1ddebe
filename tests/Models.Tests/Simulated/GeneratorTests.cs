using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Models.Simulated;

namespace ReflectDiT.Eval.Models.Tests.Simulated;

public sealed class GeneratorTests
{
    private const string Counting = "a photo of three dogs";
    private const string CountFault = "The count of dog should be 3 but is 2";

    [Fact]
    public void With_nothing_wrong_every_image_is_correct()
    {
        var model = new GeneratorModel(TestParameters.Generator(level: 1e9));
        Assert.All(PromptSet.Published, prompt => Assert.All(Enumerable.Range(0, 5), seed =>
            Assert.Null(FaultFinder.First(prompt, model.Draw(prompt.Prompt, seed, []).Detections()))));
    }

    [Theory]
    [InlineData(Aspect.OneObject, Categories.SingleObject, FaultKind.Missing)]
    [InlineData(Aspect.TwoObjects, Categories.TwoObject, FaultKind.Missing)]
    [InlineData(Aspect.TwoObjects, Categories.Position, FaultKind.Missing)]
    [InlineData(Aspect.Count, Categories.Counting, FaultKind.Count)]
    [InlineData(Aspect.OneColour, Categories.Colors, FaultKind.Colour)]
    [InlineData(Aspect.TwoColours, Categories.ColorAttr, FaultKind.Colour)]
    [InlineData(Aspect.Relation, Categories.Position, FaultKind.Relation)]
    public void An_aspect_that_goes_wrong_is_a_fault_under_GenEvals_rules(Aspect wrong, string tag, FaultKind kind)
    {
        var model = new GeneratorModel(TestParameters.Failing(wrong));
        Assert.All(PromptSet.Published.Where(p => p.Tag == tag), prompt => Assert.All(Enumerable.Range(0, 5), seed =>
            Assert.Equal(kind, FaultFinder.First(prompt, model.Draw(prompt.Prompt, seed, []).Detections())?.Kind)));
    }

    [Fact]
    public void A_wrong_relation_is_one_clear_other_relation()
    {
        var model = new GeneratorModel(TestParameters.Failing(Aspect.Relation));
        Assert.All(PromptSet.Published.Where(p => p.Tag == Categories.Position), prompt =>
            Assert.All(Enumerable.Range(0, 20), seed =>
            {
                var seen = model.Draw(prompt.Prompt, seed, []).Detections();
                var reason = GenEvalRules.Score(prompt, seen, ScoringOptions.Default).Reason;
                Assert.Contains(
                    Palette.Relations, r => reason.EndsWith($"found {r} target", StringComparison.Ordinal));
            }));
    }

    [Fact]
    public void Objects_that_are_missing_are_sometimes_there_but_faint()
    {
        var model = new GeneratorModel(TestParameters.Failing(Aspect.OneObject));
        var scenes = Enumerable.Range(0, 400).Select(seed => model.Draw("a photo of a dog", seed, [])).ToList();
        Assert.InRange(scenes.Count(s => s.Objects.Count == 1), 80, 160);
        Assert.All(scenes.SelectMany(s => s.Objects), o => Assert.InRange(o.Confidence, 0, 299));
    }

    [Fact]
    public void Prompts_of_a_category_differ_in_how_often_they_succeed()
    {
        var model = new GeneratorModel(TestParameters.Generator(level: 0, spread: 2));
        int Successes(PromptMetadata prompt) => Enumerable.Range(0, 50).Count(seed =>
            FaultFinder.First(prompt, model.Draw(prompt.Prompt, seed, []).Detections()) is null);

        var shares = PromptSet.Published.Where(p => p.Tag == Categories.Counting).Select(Successes).ToList();
        Assert.Contains(shares, s => s < 10);
        Assert.Contains(shares, s => s > 40);
    }

    [Fact]
    public void Ease_is_near_a_standard_normal_variate()
    {
        var ease = Enumerable.Range(0, 10_000).Select(i => GeneratorModel.Ease($"{i}")).ToList();
        Assert.InRange(ease.Average(), -0.04, 0.04);
        Assert.InRange(ease.Average(e => e * e), 0.95, 1.05);
        Assert.InRange(ease.Count(e => Math.Abs(e) < 1.96), 9400, 9600);
    }

    [Fact]
    public void Feedback_that_names_the_fault_raises_the_rate_of_repair_by_as_much_as_the_parameters_say()
    {
        const int Draws = 4000;
        var model = new GeneratorModel(TestParameters.Generator(level: -1, boost: 1.5));
        int Correct(params string[] feedback) => Enumerable.Range(0, Draws).Count(seed => FaultFinder.First(
            PromptReader.Read(Counting), model.Draw(Counting, seed, feedback).Detections()) is null);

        AssertShare(Link.Probability(-1), Correct(), Draws);
        AssertShare(Link.Probability(0.5), Correct(CountFault), Draws);
        AssertShare(Link.Probability(0.5), Correct("There is no cat in the image", CountFault, CountFault), Draws);
    }

    [Theory]
    [InlineData("")]
    [InlineData("The dogs look sad")]
    [InlineData("There is no dog in the image")]
    [InlineData("The count of cat should be 3 but is 2")]
    [InlineData("The dog should be red but is blue")]
    public void Feedback_about_something_else_changes_no_byte(string feedback)
    {
        var generator = TestParameters.LoadGenerator(TestParameters.Generator(level: -1, boost: 1e9));
        for (var seed = 0; seed < 50; seed++)
        {
            Assert.Equal(Draw(generator, seed), Draw(generator, seed, new ContextImage(default, feedback)));
        }
    }

    [Fact]
    public void Images_in_the_context_are_not_read()
    {
        var generator = TestParameters.LoadGenerator(TestParameters.Generator(level: -1, boost: 1.5));
        for (var seed = 0; seed < 50; seed++)
        {
            var real = new ContextImage(Draw(generator, seed + 1), CountFault);
            var junk = new ContextImage(new byte[] { 1, 2, 3 }, CountFault);
            Assert.Equal(Draw(generator, seed, real), Draw(generator, seed, junk));
        }
    }

    [Fact]
    public void What_already_came_out_right_stays_as_it_was_under_feedback()
    {
        var model = new GeneratorModel(TestParameters.Generator(level: 0, boost: 2));
        var wanted = PromptReader.Read(Counting);
        for (var seed = 0; seed < 200; seed++)
        {
            var plain = model.Draw(Counting, seed, []);
            if (FaultFinder.First(wanted, plain.Detections()) is null)
            {
                Assert.Equal(plain.Objects, model.Draw(Counting, seed, [CountFault]).Objects);
            }
        }
    }

    /// <summary>Within four standard deviations of the binomial: wrong once in 16,000 such assertions.</summary>
    internal static void AssertShare(double expected, int count, int of) => Assert.InRange(
        (double)count / of,
        expected - (4 * Math.Sqrt(expected * (1 - expected) / of)),
        expected + (4 * Math.Sqrt(expected * (1 - expected) / of)));

    private static byte[] Draw(SimulatedGenerator generator, long seed, params ContextImage[] context) =>
        generator.OneAsync(new DrawRequest(Counting, seed, context)).Result.Image.ToArray();

    [Theory]
    [InlineData(Aspect.TwoObjects, Categories.TwoObject)]
    [InlineData(Aspect.Count, Categories.Counting)]
    [InlineData(Aspect.OneColour, Categories.Colors)]
    [InlineData(Aspect.Relation, Categories.Position)]
    public void The_scorers_words_repair_what_the_judges_words_do(Aspect wrong, string tag)
    {
        var failing = new GeneratorModel(TestParameters.Failing(wrong));
        var repairing = new GeneratorModel(TestParameters.Generator(level: -1, boost: 1e9));
        Assert.All(PromptSet.Published.Where(p => p.Tag == tag), prompt =>
        {
            var seen = failing.Draw(prompt.Prompt, 1, []).Detections();
            var judge = FaultFinder.First(prompt, seen)!.ToSentence();
            var scorer = GenEvalRules.Score(prompt, seen, ScoringOptions.Default).Reason.Split('\n')[0];
            var repaired = repairing.Draw(prompt.Prompt, 2, [scorer]);
            Assert.Equal(repairing.Draw(prompt.Prompt, 2, [judge]).Objects, repaired.Objects);
            Assert.NotEqual(repairing.Draw(prompt.Prompt, 2, []).Objects, repaired.Objects);
        });
    }
}
