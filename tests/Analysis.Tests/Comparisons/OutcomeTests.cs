using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Analysis.Tests.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Analysis.Tests.Comparisons.Compared;

namespace ReflectDiT.Eval.Analysis.Tests.Comparisons;

/// <summary>What a verdict says beside better and worse.</summary>
public sealed class OutcomeTests
{
    /// <summary>b and c of 553 prompts: p at both sides of the margin by Tango's closed form (make_paired.py).</summary>
    [Theory]
    [InlineData(4, 0, 0.02, Outcome.Equivalent, "equivalent within 0.02: a minus b is +0.007 (95% -0.001 to +0.020), p = ")]
    [InlineData(4, 0, 0.01, Outcome.NotWorse, "not worse by 0.01: a minus b is +0.007 (95% -0.001 to +0.020), p = ")]
    [InlineData(32, 1, 0.02, Outcome.Better, "a is better than b by 0.056 (95% 0.038 to 0.080), p < 0.0001")]
    [InlineData(0, 32, 0.02, Outcome.Worse, "a is worse than b by 0.058 (95% ")]
    [InlineData(20, 20, 0.02, Outcome.Inconclusive, "inconclusive: a minus b is 0.000 (95% -0.02")]
    [InlineData(0, 10, 0.04, Outcome.Equivalent, "equivalent within 0.04: a minus b is -0.018 (95% ")]
    public void A_margin_makes_five_outcomes(int b, int c, double margin, Outcome expected, string verdict)
    {
        ArmResults Arm(string name, Func<int, bool> correct) => new(
            name, false, null, new Reflection(1, 3, ReflectionQuirks.Paper),
            [.. Enumerable.Range(0, 553).Select(p => Sweeps.Chain(p, 0, Sweeps.Attempt(correct(p) ? "C" : "")))], 0, 0);
        var sweep = Sweeps.Of(Arm("a", p => p < b), Arm("b", p => p >= 553 - c));
        var comparison = Compare(new(sweep, sweep.Arms[0]), new(sweep, sweep.Arms[1])) with { Margin = margin };
        Assert.Equal(expected, comparison.Outcome);
        Assert.StartsWith(verdict, VerdictText.Of(comparison), StringComparison.Ordinal);
        var row = Golden.Paired("margins").Single(r => (r.Whole("b"), r.Whole("c"), r.Number("margin")) == (b, c, margin));
        var p = expected switch
        {
            Outcome.Equivalent => Math.Max(row.Number("low_p"), row.Number("high_p")),
            Outcome.NotWorse => row.Number("low_p"),
            _ => comparison.Decisive.P,
        };
        Assert.Equal(p, comparison.P, 1e-9);
        Assert.Equal(expected is not Outcome.Inconclusive, comparison.P < 0.05);
        Assert.Contains("Margin ", ComparisonFormat.Render(comparison, [], "text"), StringComparison.Ordinal);
    }

    /// <summary>
    /// Ten prompts, two replicates; a has 4 right chains of prompts 0 and 1 and misses both of prompt 9, b has none right and misses
    /// one of prompt 0. By hand: a is 2 to 3 of 10, b 0 to 0.5 of 10, and their difference 0.15 to 0.3.
    /// </summary>
    [Fact]
    public void Missing_chains_have_worst_case_bounds_beside_the_estimate()
    {
        ArmResults Arm(string name, Func<int, int, bool> has, Func<int, bool> correct) => new(
            name, false, null, new Reflection(1, 3, ReflectionQuirks.Paper),
            [
                .. from prompt in Enumerable.Range(0, 10)
                   from replicate in Enumerable.Range(0, 2)
                   where has(prompt, replicate)
                   select Sweeps.Chain(prompt, 0, Sweeps.Attempt(correct(prompt) ? "C" : "")) with { Replicate = replicate },
            ],
            0, 1);
        var sweep = new SweepResults(
            "small", "1", 1, 2, Sweeps.Tables, [.. Enumerable.Range(0, 10).Select(p => new SweepPrompt(p, "counting", $"{p}"))],
            [Arm("a", (p, _) => p < 9, p => p < 2), Arm("b", (p, r) => p > 0 || r == 0, _ => false)])
        {
            Scorer = Sweeps.Scorer,
        };
        var comparison = Compare(new(sweep, sweep.Arms[0]), new(sweep, sweep.Arms[1]));
        Assert.Equal((0.15, 0.3), (comparison.WorstCase!.Value.Low, comparison.WorstCase.Value.High));
        Assert.EndsWith(
            "; were every missing chain against a or for it: +0.150 to +0.300", VerdictText.Of(comparison), StringComparison.Ordinal);
        Assert.Null(Compare(Reflecting, Best).WorstCase);
    }

    [Fact]
    public void An_unfinished_sweep_is_one_look_unless_the_test_holds_at_every_look()
    {
        static ComparedArm First(ComparedArm arm, int prompts) =>
            arm with { Arm = arm.Arm with { Chains = [.. arm.Arm.Chains.Where(c => c.Prompt < prompts)] } };
        var (a, b) = (First(Reflecting, 260), First(Best, 240));
        Assert.Contains("; one look at 240 of 553 chains; valid only if planned", VerdictText.Of(Compare(a, b)), StringComparison.Ordinal);
        Assert.DoesNotContain("one look", VerdictText.Of(Compare(Reflecting, Best)), StringComparison.Ordinal);

        var anytime = Comparison.Of(a, b, Metric.MeanOverPrompts, Whole, anytime: true);
        Assert.Equal((AnytimeMean.TestName, null), (anytime.Decisive.Score.Name, anytime.Decisive.Exact));
        Assert.Contains(" at every look, over 240 prompts", VerdictText.Of(anytime), StringComparison.Ordinal);
        Assert.DoesNotContain("one look", VerdictText.Of(anytime), StringComparison.Ordinal);
        Assert.Equal(Metric.MeanOverCategories, anytime.Absent.Single().Metric);
        Assert.True(anytime.Decisive.Interval.High - anytime.Decisive.Interval.Low
            > Compare(a, b).Decisive.Interval.High - Compare(a, b).Decisive.Interval.Low);
        Assert.Throws<ArgumentException>(() => Comparison.Of(a, b, Metric.MeanOverCategories, Whole, anytime: true));
        Assert.Throws<ArgumentException>(
            () => Comparison.Of(a, b, Metric.MeanOverPrompts, ComparisonPoint.Parse("budget:attempts=2"), anytime: true));
    }
}
