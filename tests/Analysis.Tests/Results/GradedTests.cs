using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Tests.Results;

/// <summary>Scores between 0 and 1, of which some say what passes and some do not.</summary>
public sealed class GradedTests
{
    private static readonly IStrategy Best = new BestOfN(3, Selector.JudgeScore);

    [Fact]
    public void Values_are_means_of_the_shown_images_scores_and_the_ceiling_is_the_best_of_k()
    {
        var arm = Arm("a", Best, Chain(0, 1, Graded(0.25, judge: 0.1), Graded(0.5, judge: 0.9), Graded(0.75, judge: 0.5)));
        Assert.Equal([0.5, null], PromptScores.At(arm, 2, 3));

        // Any one; of each two the judge's favourite: 0.5, 0.75 and 0.5; of all three 0.5.
        Assert.Equal([0.5, 1.75 / 3, 0.5], Curve.Of(arm, 1).Values[0]!.Select(v => Math.Round(v, 12)), (a, b) => Math.Abs(a - b) < 1e-12);

        // The best of each two: 0.5, 0.75 and 0.75.
        Assert.Equal([0.5, 2 / 3.0, 0.75], Curve.Ceiling(arm, 1)!.Values[0]!, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([0.25], Selection.Regret(arm, 1));
    }

    [Fact]
    public void What_needs_a_pass_is_unknown_where_a_scorer_only_grades()
    {
        var arm = Arm("a", Sweeps.BestOf20, Chain(0, 0, Graded(0.25, accepted: true)), Chain(1, 0, Graded(1, accepted: true)));
        var agreement = JudgeAgreement.Of(arm, new Bootstrap(0, 100));
        Assert.Equal((default, 2), (agreement.Counts, agreement.Judged));
        Assert.Equal((1.0, 1.0), (agreement.Images!.Value.Value, agreement.Accepted!.Value.Value));
        Assert.Null(agreement.Precision);
        Assert.Null(Selection.FailStops(arm, 2));
        Assert.Equal([null, null], Exploration.NeverSolved(arm, 2));
    }

    [Fact]
    public void The_oracle_shows_the_highest_score()
    {
        var strategy = new BestOfN(3, Selector.Oracle);
        var chain = Chain(0, 1, Graded(0.25), Graded(0.75), Graded(0.5));
        Assert.Equal(1, PromptScores.Shown(strategy, chain with { Shown = 9 }, 2));
        Assert.Equal([0.5, 2 / 3.0, 0.75], Curve.Of(Arm("a", strategy, chain), 1).Values[0]!, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    /// <summary>Three prompts, all better by different amounts: of 2^3 signs two are as extreme.</summary>
    [Fact]
    public void Arms_are_compared_and_their_means_have_intervals_of_their_own_variance()
    {
        var sweep = Sweep(
            Arm("a", Best, Chain(0, 0, Graded(0.5)), Chain(1, 0, Graded(0.75)), Chain(2, 0, Graded(0.625))),
            Arm("b", Best, Chain(0, 0, Graded(0.25)), Chain(1, 0, Graded(0.625)), Chain(2, 0, Graded(0.5))));
        Assert.True(sweep.Graded);
        var row = Comparison.Of(new(sweep, sweep.Arms[0]), new(sweep, sweep.Arms[1]), Metric.MeanOverPrompts, new ComparisonPoint.Whole())
            .Decisive;
        Assert.Equal((0.625, 1.375 / 3), (row.First, row.Second));
        Assert.Equal((MetricComparison.PermutationTest, 2 / 8.0), row.Exact);
        Assert.Null(row.Discordant);

        var cell = Sweeps.Table1(sweep).Cell("a", 3, Metric.MeanOverPrompts);
        Assert.Equal((0.625, "effective-wilson"), (cell.Measured!.Value, cell.Measured.Method));
        var effective = 3 * 0.625 * 0.375 / 0.015625 * Math.Pow(1.959963984540054 / 4.302652729911275, 2); // t.ppf(0.975, 2)
        var expected = Wilson.Share(0.625, effective);
        Assert.Equal(expected.Low, cell.Measured.Interval.Low, 1e-9);
        Assert.Equal(expected.High, cell.Measured.Interval.High, 1e-9);
        Assert.Contains(Sweeps.Table1(sweep).Notes, n => n.StartsWith("95% intervals. Mean of scores: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_figure_says_that_it_shows_means_and_the_best_of_k()
    {
        var figure = CurveFigure.Of(
            Sweep(Arm("a", Best, Chain(0, 0, Graded(0.5), Graded(0.25)), Chain(1, 0, Graded(0.75), Graded(1)), Chain(2, 0, Graded(0), Graded(1)))),
            CurveFigure.OverN);
        Assert.Equal("mean score", figure.ValueLabel);
        Assert.Equal(["a", "a: best@k"], figure.Lines.Select(l => l.Label));
        Assert.Contains("mean score (mean over prompts)", CurveFormat.Render(figure, "svg"), StringComparison.Ordinal);
        Assert.Contains("a,best_at_k,", CurveFormat.Render(figure, "csv"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_scorer_there_is_the_judge_alone()
    {
        var unscored = new AttemptResult(new(true, 0.9, 0.1, ""), null, null, new(1, 1, 1, 1, 1));
        var sweep = Sweep(Arm("a", Sweeps.BestOf20, Chain(0, 0, unscored))) with { Scorer = null };
        Assert.Equal([null], PromptScores.At(sweep.Arms[0], 1, 20));
        Assert.Contains("has no scorer", Assert.Throws<ArgumentException>(() => Sweeps.Table1(sweep)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "has no scorer",
            Assert.Throws<ArgumentException>(() => CurveFigure.Of(sweep, CurveFigure.OverN)).Message,
            StringComparison.Ordinal);
        var judge = Sweeps.Table(sweep, ChainReport.Judge);
        Assert.Equal(["images\na prompt", "accepted"], judge.Columns);
    }

    private static ArmResults Arm(string name, IStrategy strategy, params ChainResult[] chains) =>
        new(name, false, null, strategy, chains, 0, 0);

    private static ChainResult Chain(int prompt, int shown, params AttemptResult[] attempts) => new(prompt, 0, shown, attempts);

    private static AttemptResult Graded(double value, double judge = 0.5, bool accepted = false) =>
        new(new(accepted, judge, 1 - judge, accepted ? "" : "no cat"), value, null, new(1, 1, 1, 1, 1));

    private static SweepResults Sweep(params ArmResults[] arms) =>
        new("graded", "1", 1, 1, Sweeps.Tables, [.. Sweeps.Prompts.Take(3)], arms) { Scorer = Sweeps.Scorer };
}
