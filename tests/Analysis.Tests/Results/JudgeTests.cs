using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Tests.Results;

/// <summary>Judge against scorer, selection, and exploration.</summary>
public sealed class JudgeTests
{
    private static readonly ArmResults Reflecting = Arm(
        new Reflection(3, 3, ReflectionQuirks.Paper),
        Sweeps.Chain(0, 0, Sweeps.Attempt("+C")),
        Sweeps.Chain(1, 1, Sweeps.Attempt("-C"), Sweeps.Attempt("+")),
        Sweeps.Chain(2, 2, Sweeps.Attempt("-"), Sweeps.Attempt("-"), Sweeps.Attempt("-")));

    [Fact]
    public void Verdicts_are_counted_against_the_scorer_over_all_prompts_some_or_one_attempt()
    {
        var bootstrap = new Bootstrap(0, 200);
        var all = JudgeAgreement.Of(Reflecting, bootstrap);
        Assert.Equal(new Confusion(1, 1, 1, 3), all.Counts);
        Assert.Equal(0.5, all.Precision!.Value.Value);
        Assert.Equal(0.5, all.Recall!.Value.Value);
        Assert.Equal(0.25, all.Kappa!.Value.Value, 1e-15);
        Assert.Equal((3, 2.0, 0.5), (all.Prompts, all.Images!.Value.Value, all.RejectedFailed!.Value.Value));
        Assert.Equal(new Confusion(0, 1, 1, 3), JudgeAgreement.Of(Reflecting, bootstrap, prompt => prompt > 0).Counts);
        Assert.Equal(new Confusion(0, 1, 0, 1), JudgeAgreement.Of(Reflecting, bootstrap, attempt: 1).Counts);
    }

    [Fact]
    public void What_is_undefined_is_null_and_what_a_resample_leaves_open_widens_the_interval()
    {
        var bootstrap = new Bootstrap(0, 200);
        var last = JudgeAgreement.Of(Reflecting, bootstrap, attempt: 2);
        Assert.Equal(new Confusion(0, 0, 0, 1), last.Counts);
        Assert.Null(last.Precision);
        Assert.Null(last.Recall);
        Assert.Null(last.Kappa);
        Assert.Equal(new(default, 0, 3), JudgeAgreement.Of(Reflecting, bootstrap, attempt: 3));

        // Two accepted images, right and wrong: the share of one of 1, Beta(1/2, 3/2), whose distribution function is below.
        var wide = JudgeAgreement.Of(Reflecting, bootstrap).Precision!.Value.Interval;
        Assert.Equal(0.025, 2 / Math.PI * (Math.Asin(Math.Sqrt(wide.Low)) + Math.Sqrt(wide.Low * (1 - wide.Low))), 1e-6);
        Assert.Equal(1, wide.Low + wide.High, 1e-6);
    }

    /// <summary>Four images a prompt of one difficulty: correct ones are accepted by 0.9, wrong ones by 0.2.</summary>
    [Fact]
    public void Intervals_hold_the_truth_although_images_of_one_prompt_are_alike()
    {
        const int runs = 2000;
        var random = new NumpyRandom(12);
        var bootstrap = new Bootstrap(13, 400);
        var (precision, recall, kappa) = (0, 0, 0);
        for (var run = 0; run < runs; run++)
        {
            var arm = Arm(new BestOfN(4, Selector.JudgeScore), [.. Enumerable.Range(0, 300).Select(prompt =>
            {
                var easy = random.NextDouble();
                return Sweeps.Chain(prompt, 0, [.. Enumerable.Range(0, 4).Select(_ =>
                {
                    var correct = random.NextDouble() < easy;
                    var accepted = random.NextDouble() < (correct ? 0.9 : 0.2);
                    return Sweeps.Attempt((accepted ? "+" : "-") + (correct ? "C" : ""));
                })]);
            })]);
            var agreement = JudgeAgreement.Of(arm, bootstrap);
            precision += agreement.Precision!.Value.Interval.Contains(0.9 / 1.1) ? 1 : 0;
            recall += agreement.Recall!.Value.Interval.Contains(0.9) ? 1 : 0;
            kappa += agreement.Kappa!.Value.Interval.Contains(0.7) ? 1 : 0;
        }

        // Clopper and Pearson's is never below its level, and above it where the number of images is small.
        Assert.All([precision, recall, kappa], held => Assert.InRange(held / (double)runs, 0.94, 0.98));
    }

    /// <summary>Six correct images of six prompts, all accepted: 0.025^(1/6) by hand; of two prompts 0.025^(1/2).</summary>
    [Theory]
    [InlineData(6, 1)]
    [InlineData(2, 3)]
    public void A_judge_that_was_never_wrong_is_not_known_to_be_right(int prompts, int images)
    {
        var arm = Arm(new BestOfN(4, Selector.JudgeScore), [.. Enumerable.Range(0, prompts).Select(p => Sweeps.Chain(
            p, 0, [.. Enumerable.Range(0, 4).Select(i => Sweeps.Attempt(i < images ? "+C" : "-"))]))]);
        var agreement = JudgeAgreement.Of(arm, new Bootstrap(0, 200));
        foreach (var measure in new[] { agreement.Recall, agreement.Precision })
        {
            Assert.Equal((1, 1), (measure!.Value.Value, measure.Value.Interval.High));
            Assert.Equal(Math.Pow(0.025, 1.0 / prompts), measure.Value.Interval.Low, 1e-9);
        }

        Assert.Equal(1, agreement.Kappa!.Value.Value);
        Assert.InRange(agreement.Kappa.Value.Interval.Low, -1, 0.9);
        Assert.InRange(agreement.Images!.Value.Interval.Low, 0, 3.9);
    }

    [Fact]
    public void Regret_counts_chains_that_drew_a_correct_image_and_showed_a_wrong_one()
    {
        Assert.Equal([0, 1, 0, null], Selection.Regret(Reflecting, 4));
        var best = Arm(
            new BestOfN(2, Selector.JudgeScore),
            Sweeps.Chain(0, 0, Sweeps.Attempt("+", 0.9), Sweeps.Attempt("+C", 0.8)),
            Sweeps.Chain(0, 1, Sweeps.Attempt("-", 0.1), Sweeps.Attempt("+C", 0.8)) with { Replicate = 1 });
        Assert.Equal((1, 0.5), (Curve.Ceiling(best, 1)!.At(2)[0], Curve.Of(best, 1).At(2)[0]));
        Assert.Equal([0.5], Selection.Regret(best, 1));
    }

    [Fact]
    public void Images_without_a_verdict_say_nothing_of_the_judge()
    {
        var unjudged = Arm(new Recorded(1, false, false), Sweeps.Chain(
            0, 0, Sweeps.Attempt("C") with { Verdict = null }));
        Assert.Equal(0, JudgeAgreement.Of(unjudged, new Bootstrap(0, 10)).Counts.Count);
        Assert.Null(Selection.FailStops(unjudged, 1));
        Assert.Equal(new(null, null), Exploration.Of(unjudged));
    }

    [Fact]
    public void A_chain_that_stopped_on_a_wrong_acceptance_is_counted()
    {
        Assert.Equal([0, 1, 0, null], Selection.FailStops(Reflecting, 4));
        Assert.Null(Selection.FailStops(
            Arm(new BestOfN(1, Selector.JudgeScore), Sweeps.Chain(0, 0, Sweeps.Attempt("+"))), 1));
    }

    [Fact]
    public void Exploration_counts_new_and_repeated_feedback_and_prompts_never_solved()
    {
        AttemptResult Rejected(string feedback) =>
            Sweeps.Attempt("-") with { Verdict = new(false, 0.1, 0.9, feedback) };
        var arm = Arm(
            new Reflection(4, 3, ReflectionQuirks.Paper),
            Sweeps.Chain(0, 3, Rejected("no cat"), Rejected("no dog"), Rejected("no cat"), Rejected("no cat")),
            Sweeps.Chain(1, 1, Rejected("no cat"), Sweeps.Attempt("+C")),
            Sweeps.Chain(2, 0, Sweeps.Attempt("+")));
        var exploration = Exploration.Of(arm);
        Assert.Equal((1.5, 2 / 3.0), (exploration.Distinct!.Value.Value, exploration.Repeated!.Value.Value));
        Assert.InRange(exploration.Distinct.Value.Interval.Low, 1, 1.5);
        Assert.InRange(exploration.Distinct.Value.Interval.High, 3, 4);

        // One chain with one feedback of four: 1 of at most 3 more, at 95% of one prompt.
        var one = Exploration.Of(arm, prompt => prompt > 0);
        Assert.Equal(1, one.Distinct!.Value.Value);
        Assert.Equal(1 + (3 * 0.975), one.Distinct.Value.Interval.High, 1e-9);
        Assert.Null(one.Repeated);
        Assert.Equal([1, 0, 1, null], Exploration.NeverSolved(arm, 4));
    }

    private static ArmResults Arm(IStrategy strategy, params ChainResult[] chains) =>
        new("arm", true, null, strategy, chains, 0, 0);
}
