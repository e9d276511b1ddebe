using System.Collections.Immutable;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Models.Tests.Simulated;

public sealed class JudgeTests
{
    private const int Seeds = 4000;

    [Theory]
    [InlineData(Aspect.OneObject, "a photo of a dog", FaultKind.Missing, 0.05)]
    [InlineData(Aspect.Count, "a photo of four dogs", FaultKind.Count, 0.15)]
    [InlineData(Aspect.TwoColours, "a photo of a red dog and a blue cat", FaultKind.Colour, 0.3)]
    [InlineData(Aspect.Relation, "a photo of a dog above a cat", FaultKind.Relation, 0.5)]
    public void Wrong_acceptances_have_the_given_rate_for_each_kind_of_fault(
        Aspect wrong, string prompt, FaultKind kind, double rate)
    {
        var parameters = TestParameters.Judge(wrongAcceptance: 0.9, wrongRejection: 0.9);
        parameters = parameters with
        {
            WrongAcceptance = parameters.WrongAcceptance.ToImmutableSortedDictionary(r => r.Key, r => r.Key == kind ? rate : r.Value),
        };
        var scene = new GeneratorModel(TestParameters.Failing(wrong)).Draw(prompt, 1, []);
        GeneratorTests.AssertShare(rate, Accepted(parameters, prompt, scene), Seeds);
    }

    [Theory]
    [InlineData("a photo of a dog")]
    [InlineData("a photo of four dogs")]
    [InlineData("a photo of a red dog and a blue cat")]
    [InlineData("a photo of a dog above a cat")]
    public void Wrong_rejections_have_the_given_rate(string prompt)
    {
        var scene = new GeneratorModel(TestParameters.Generator(level: 1e9)).Draw(prompt, 1, []);
        GeneratorTests.AssertShare(0.8, Accepted(TestParameters.Judge(0.3, 0.2), prompt, scene), Seeds);
    }

    [Fact]
    public void A_judge_without_errors_says_what_GenEval_says()
    {
        var judge = new JudgeModel(TestParameters.Judge(0, 0));
        var generator = new GeneratorModel(TestParameters.Generator(level: 0));
        Assert.All(PromptSet.Published, prompt =>
        {
            var seen = generator.Draw(prompt.Prompt, 11, []).Detections();
            var correct = GenEvalRules.Score(prompt, seen, ScoringOptions.Default).Correct;
            Assert.Equal(correct, judge.Judge(prompt.Prompt, seen, 12).Verdict.Accepted);
        });
    }

    [Fact]
    public void It_speaks_as_the_released_judge_and_names_one_fault_of_this_prompt()
    {
        var judge = new JudgeModel(TestParameters.Judge(0.3, 0.3));
        var generator = new GeneratorModel(TestParameters.Generator(level: 0));
        Assert.All(PromptSet.Published, prompt =>
        {
            var seen = generator.Draw(prompt.Prompt, 3, []).Detections();
            var (verdict, text) = judge.Judge(prompt.Prompt, seen, 4);
            Assert.Equal(verdict.Accepted, JudgeText.Accepts(text));
            Assert.Equal(verdict.Feedback, JudgeText.Feedback(text, keepLastSentence: false));
            Assert.Equal(verdict.Accepted, verdict.Score > 0.5);
            Assert.Equal(1 - verdict.Score, verdict.NoScore);
            Assert.InRange(verdict.Score!.Value, 0, 1);
            if (verdict.Accepted)
            {
                Assert.Equal("", verdict.Feedback);
                return;
            }

            var named = Fault.Read(verdict.Feedback!)!;
            Assert.Equal($"The image is incorrect. {named.ToSentence()}", text);
            Assert.Contains(prompt.Include, c => c.Class == named.Class);
            if (FaultFinder.First(prompt, seen) is { } fault)
            {
                Assert.Equal(fault, named);
            }
        });
    }

    [Fact]
    public void A_rejection_without_cause_names_a_fault_that_the_generator_could_mend()
    {
        var judge = new JudgeModel(TestParameters.Judge(0, 1));
        var generator = new GeneratorModel(TestParameters.Generator(level: 1e9));
        var kinds = PromptSet.Published.Select(prompt =>
        {
            var seen = generator.Draw(prompt.Prompt, 3, []).Detections();
            return (prompt.Tag, Fault.Read(judge.Judge(prompt.Prompt, seen, 4).Verdict.Feedback!)!.Kind);
        });
        Assert.Equal(
            [
                (Categories.SingleObject, FaultKind.Missing), (Categories.TwoObject, FaultKind.Missing),
                (Categories.Counting, FaultKind.Count), (Categories.Colors, FaultKind.Colour),
                (Categories.Position, FaultKind.Relation), (Categories.ColorAttr, FaultKind.Colour),
            ],
            kinds.Distinct());
    }

    [Fact]
    public void From_the_image_it_says_the_same_as_from_the_scene()
    {
        var parameters = TestParameters.Judge(0.3, 0.3);
        var (model, judge) = (new JudgeModel(parameters), TestParameters.LoadJudge(parameters));
        var generator = new GeneratorModel(TestParameters.Generator(level: 0.5));
        Assert.All(PromptSet.Published, prompt =>
        {
            var scene = generator.Draw(prompt.Prompt, 8, []);
            var png = PngWriter.Encode(CardPainter.Paint(scene));
            var (verdict, text) = model.Judge(prompt.Prompt, scene.Detections(), 9);
            Assert.Equal(
                new Judgement(verdict, text, 1459, 0.5),
                judge.OneAsync(new JudgeRequest(prompt.Prompt, png, 9)).Result);
        });
    }

    [Fact]
    public async Task An_unreadable_image_is_refused() => await Assert.ThrowsAsync<InvalidDataException>(() =>
        TestParameters.LoadJudge(TestParameters.Judge(0, 0)).OneAsync(
            new JudgeRequest("a photo of a dog", new byte[] { 1, 2, 3 }, 1)));

    private static int Accepted(JudgeParameters parameters, string prompt, Scene scene)
    {
        var judge = new JudgeModel(parameters);
        var seen = scene.Detections();
        return Enumerable.Range(0, Seeds).Count(seed => judge.Judge(prompt, seen, seed).Verdict.Accepted);
    }
}
