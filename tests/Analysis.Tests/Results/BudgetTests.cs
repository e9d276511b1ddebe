using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Tests.Results;

/// <summary>From attempts with costs to accuracy at equal budget.</summary>
public sealed class BudgetTests
{
    private const int Prompts = 40;

    /// <summary>Half of the prompts on the first try, another quarter on the second; the judge is dear.</summary>
    private static readonly ArmResults Choosy = Arm("choosy", new Reflection(2, 3, ReflectionQuirks.Paper), 10,
        prompt => prompt % 4 < 2 ? ["+C"] : prompt % 4 == 2 ? ["-", "+C"] : ["-", "-"]);

    /// <summary>Half of the prompts on any try; the judge is cheap.</summary>
    private static readonly ArmResults Plain = Arm("plain", new Reflection(2, 3, ReflectionQuirks.Paper), 0.5,
        prompt => prompt % 8 < 4 ? ["+C"] : prompt % 8 == 4 ? ["-", "+C"] : ["-", "-"]);

    [Fact]
    public void Counting_the_judge_turns_the_ranking_round()
    {
        // Equal attempts on both sides: the choosy arm is better for the generator's work alone.
        var work = Budgets(BudgetAxis.FunctionEvaluations);
        Assert.True(work.ShareDifferenceAt(0, 1, 60)!.Value > 0);
        Assert.True(work.CostRatioOf(0, 1, 0.6)!.Value < 1);

        // With its judge it needs many times the device time for the same share.
        var time = Budgets(BudgetAxis.DeviceSeconds);
        Assert.Null(time.ShareDifferenceAt(0, 1, 2));
        Assert.True(time.CostRatioOf(0, 1, 0.6)!.Value > 4);
    }

    [Fact]
    public void Interpolation_is_linear_between_mean_costs_and_stays_inside_what_was_run()
    {
        // Mean attempts 1 and 1.5, shares 0.5 and 0.75.
        var attempts = Budgets(BudgetAxis.Attempts);
        Assert.Equal(new Interval(1, 1.5), attempts.Range(0));
        Assert.Equal(0.625, attempts.ShareAt(0, 1.25)!.Value, 1e-12);
        Assert.Equal(1.3, attempts.CostOf(0, 0.65)!.Value, 1e-12);

        // With the first image already: at most 1, and nothing is known of less.
        var first = attempts.CostOf(0, 0.3)!;
        Assert.Equal((new ReachedBudget(1, true, false), null), (first.Reached, first.Low));
        Assert.Null(attempts.ShareAt(0, 0.9));
        Assert.Null(attempts.ShareAt(0, 1.6));
        Assert.Null(attempts.CostOf(0, 0.8));
        Assert.Null(attempts.CostRatioOf(0, 1, 0.7));
    }

    /// <summary>Where resamples do not reach a share, the ratio of budgets is neither 0 nor infinite: it has no end there.</summary>
    [Fact]
    public void Ratio_that_a_resample_leaves_open_has_no_impossible_end()
    {
        var attempts = Budgets(BudgetAxis.Attempts);
        foreach (var share in new[] { 0.3, 0.5, 0.6, 0.62, 0.624 })
        {
            foreach (var ratio in new[] { attempts.CostRatioOf(0, 1, share), attempts.CostRatioOf(1, 0, share) })
            {
                Assert.True(ratio!.Low is null or > 0);
                Assert.True(ratio.High is null || double.IsFinite(ratio.High.Value));
            }
        }

        Assert.Null(attempts.CostRatioOf(0, 1, 0.624)!.Low);
        Assert.Null(attempts.CostRatioOf(1, 0, 0.624)!.High);
    }

    private static Budgets Budgets(BudgetAxis axis)
    {
        int[][] all = [[.. Enumerable.Range(0, Prompts)]];
        return new(new Bootstrap(1, 500), [.. new[] { Choosy, Plain }.Select(arm => new BudgetPoints(
            Curve.Costs(arm, Prompts, CurveKind.Prefixes, axis)!.Points(all), Curve.Of(arm, Prompts).Points(all)))]);
    }

    private static ArmResults Arm(string name, IStrategy strategy, double judgeSeconds, Func<int, string[]> marks) => new(
        name, true, null, strategy, [.. Enumerable.Range(0, Prompts).Select(prompt =>
        {
            var costs = new AttemptCosts(2, 1, judgeSeconds, 40, 9);
            var attempts = marks(prompt).Select(m => Sweeps.Attempt(m) with { Costs = costs });
            return Sweeps.Chain(prompt, marks(prompt).Length - 1, [.. attempts]);
        })], 0, 0);
}
