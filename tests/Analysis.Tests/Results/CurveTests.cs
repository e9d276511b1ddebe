using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Tests.Results;

public sealed class CurveTests
{
    private static readonly ArmResults BestOf3 = Arm("best-of-3", new BestOfN(3, Selector.JudgeScore),
        Sweeps.Chain(0, 1, Sweeps.Attempt("-", 0.2), Sweeps.Attempt("+C", 0.9), Sweeps.Attempt("-", 0.5)),
        Sweeps.Chain(2, 0, Sweeps.Attempt("+", 0.9), Sweeps.Attempt("-C", 0.1), Sweeps.Attempt("-C", 0.2)));

    private static readonly ArmResults Reflecting = Arm("reflecting", new Reflection(3, 3, ReflectionQuirks.Paper),
        Sweeps.Chain(0, 0, Sweeps.Attempt("+C")),
        Sweeps.Chain(2, 2, Sweeps.Attempt("-"), Sweeps.Attempt("-"), Sweeps.Attempt("+C")));

    [Fact]
    public void An_arm_that_drew_all_N_gives_a_curve_over_random_subsets()
    {
        var curve = Curve.Of(BestOf3, 3);
        Assert.Equal(CurveKind.RandomSubsets, curve.Kind);

        // Prompt 0: the correct image has the best score, so it is shown whenever it is drawn.
        Assert.Equal([1 / 3.0, 2 / 3.0, 1], curve.Values[0]!.Select(v => Math.Round(v, 12)), Near);
        Assert.Null(curve.Values[1]);

        // Prompt 2: the wrong image has the best score.
        Assert.Equal([2 / 3.0, 1 / 3.0, 0], curve.Values[2]!, Near);
        Assert.Equal([2 / 3.0, 1, 1], Curve.Ceiling(BestOf3, 3)!.Values[2]!, Near);
    }

    [Fact]
    public void An_arm_that_stops_early_gives_a_curve_of_prefixes_and_no_pass_at_k()
    {
        var curve = Curve.Of(Reflecting, 3);
        Assert.Equal(CurveKind.Prefixes, curve.Kind);
        Assert.Equal([1.0, 1, 1], curve.Values[0]!);
        Assert.Equal([0.0, 0, 1], curve.Values[2]!);
        Assert.Equal([0, null, 0], Curve.Prefixes(BestOf3, 3).At(1));
        Assert.Null(Curve.Ceiling(Reflecting, 3));
    }

    [Fact]
    public void Costs_follow_the_kind_of_the_curve()
    {
        var subsets = Curve.Costs(BestOf3, 3, CurveKind.RandomSubsets, BudgetAxis.DeviceSeconds)!;
        Assert.Equal([1.5, 3, 4.5], subsets.Values[0]!);
        var prefixes = Curve.Costs(Reflecting, 3, CurveKind.Prefixes, BudgetAxis.FunctionEvaluations)!;
        Assert.Equal([40.0, 40, 40], prefixes.Values[0]!);
        Assert.Equal([40.0, 80, 120], prefixes.Values[2]!);
    }

    [Theory]
    [InlineData(BudgetAxis.Attempts, 1)]
    [InlineData(BudgetAxis.FunctionEvaluations, 40)]
    [InlineData(BudgetAxis.DeviceSeconds, 1.5)]
    [InlineData(BudgetAxis.JudgeTokens, 1400)]
    [InlineData(BudgetAxis.WallSeconds, 2)]
    [InlineData(BudgetAxis.Money, (1 / 3600.0 * 3.6) + (0.5 / 3600 * 7.2) + (1400 / 1e6 * 10))]
    public void A_budget_counts_the_judge_wherever_its_unit_has_one(BudgetAxis axis, double expected)
    {
        var costs = new AttemptCosts(2, 1, 0.5, 40, 1400);
        Assert.Equal(expected, costs.On(axis, new Prices("EUR", 3.6, 7.2, 10))!.Value, 1e-15);
    }

    [Fact]
    public void Money_without_prices_and_an_axis_without_costs_are_not_made_up()
    {
        Assert.Throws<ArgumentNullException>(() => new AttemptCosts(2, 1, 0.5, 40, 1400).On(BudgetAxis.Money));
        var free = Arm("elsewhere", new BestOfN(1, Selector.JudgeScore), Sweeps.Chain(
            0, 0, Sweeps.Attempt("+") with { Costs = new(null, 0, null, 40, 9) }));
        Assert.Null(Curve.Costs(free, 1, CurveKind.RandomSubsets, BudgetAxis.WallSeconds));
        Assert.Null(Curve.Costs(free, 1, CurveKind.RandomSubsets, BudgetAxis.DeviceSeconds));
        Assert.Null(Curve.Costs(free, 1, CurveKind.RandomSubsets, BudgetAxis.Money, new("EUR", 0, 1, 1)));
        Assert.NotNull(Curve.Costs(free, 1, CurveKind.RandomSubsets, BudgetAxis.Money, new("EUR", 1, 0, 1)));
        Assert.NotNull(Curve.Costs(free, 1, CurveKind.RandomSubsets, BudgetAxis.Attempts));
    }

    [Fact]
    public void Replicates_are_averaged_inside_their_prompt()
    {
        var arm = Arm("twice", new BestOfN(1, Selector.JudgeScore),
            Sweeps.Chain(0, 0, Sweeps.Attempt("+C")),
            Sweeps.Chain(0, 0, Sweeps.Attempt("+")) with { Replicate = 1 });
        Assert.Equal([0.5], Curve.Of(arm, 1).Values[0]!);
    }

    [Fact]
    public void Points_are_the_values_of_the_prompts_asked_for()
    {
        var points = Curve.Of(Reflecting, 3).Points([[2], [0]]);
        Assert.Equal(3, points.Count);
        Assert.Equal([0.0], points[0][0]);
        Assert.Equal([1.0], points[0][1]);
        Assert.Equal([1.0], points[2][0]);
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-11;

    private static ArmResults Arm(string name, IStrategy strategy, params ChainResult[] chains) =>
        new(name, true, null, strategy, chains, 0, 0);
}
