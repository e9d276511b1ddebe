using System.Text.Json;
using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Analysis.Tests.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Tests.Comparisons;

/// <summary>Of 553 prompts a has 20 right, b the same and 5 more, c those and 12 more.</summary>
public sealed class ArmsComparisonTests
{
    private static readonly SweepResults Three = Sweeps.Of(Arm("a", 20), Arm("b", 25), Arm("c", 37));

    [Fact]
    public void All_pairs_are_tested_together_and_adjusted_by_Holm()
    {
        var all = Of(baseline: null);
        Assert.Equal(["b-a", "c-a", "c-b"], all.Pairs.Select(p => $"{p.Comparison.First.Arm.Name}-{p.Comparison.Second.Arm.Name}"));

        // Discordant 5, 17 and 12, all one way; Holm by hand: the smallest times 3, the next times 2, the last as it is.
        var (five, twelve) = (Golden.ScoreP(5, 0), Golden.ScoreP(12, 0));
        Assert.Equal(five, all.Pairs[0].HolmP, 9);
        Assert.Equal(3 * all.Pairs[1].Comparison.Decisive.P, all.Pairs[1].HolmP, 12);
        Assert.Equal(2 * twelve, all.Pairs[2].HolmP, 9);
        Assert.Equal(3, all.Different.Count());
    }

    [Fact]
    public void All_arms_are_compared_with_one()
    {
        var others = Of(Three.Arms[1]);
        Assert.Equal(["a", "c"], others.Pairs.Select(p => p.Comparison.First.Arm.Name));
        Assert.Equal([Outcome.Worse, Outcome.Better], others.Pairs.Select(p => p.Comparison.Outcome));
        Assert.Equal(2 * Golden.ScoreP(12, 0), others.Pairs[1].HolmP, 9);
        Assert.Contains(
            "has one arm",
            Assert.Throws<ArgumentException>(() => ArmsComparison.PairsOf(Sweeps.Of(Three.Arms[0]), null)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Ten arms, of which the first differs from each other by 5 prompts: significant alone, and not among 45 pairs.</summary>
    [Fact]
    public void What_is_significant_alone_need_not_be_among_many()
    {
        var many = ArmsComparison.Of(
            ArmsComparison.PairsOf(Sweeps.Of([Arm("a", 25), .. Enumerable.Range(0, 9).Select(i => Arm($"b{i}", 20))]), null),
            Metric.MeanOverPrompts,
            new ComparisonPoint.Whole());
        Assert.Equal((45, 9), (many.Pairs.Count, many.Pairs.Count(p => p.Comparison.Outcome is Outcome.Worse)));
        Assert.Empty(many.Different);
        Assert.Equal("0 of 45 pairs differ, by p adjusted over them (Holm): inconclusive", ArmsComparisonFormat.Verdicts(many).Single());
    }

    [Fact]
    public void Every_format_has_a_line_a_pair_and_what_was_allowed()
    {
        var all = Of(baseline: null);
        Concern[] allowed = [new(Concern.Oracle, "said so")];
        foreach (var format in ReportFormat.Names)
        {
            var text = ArmsComparisonFormat.Render(all, allowed, format);
            Assert.Contains("3 of 3 pairs differ", text, StringComparison.Ordinal);
            Assert.Contains("c is better than a by 0.031", text, StringComparison.Ordinal);
            Assert.Contains("said so", text, StringComparison.Ordinal);
        }

        var table = ArmsComparisonFormat.Render(all, [], "text").Split("\n\n")[1].Split('\n');
        Assert.All(table, l => Assert.InRange(l.Length, 0, 100));
        Assert.Equal(7, ArmsComparisonFormat.Render(all, [], "csv").TrimEnd('\n').Split('\n').Length - 1);
        var pairs = JsonDocument.Parse(ArmsComparisonFormat.Render(all, [], "json")).RootElement.GetProperty("pairs");
        Assert.Equal(all.Pairs.Select(p => p.HolmP), pairs.EnumerateArray().Select(p => p.GetProperty("p_holm").GetDouble()));
    }

    private static ArmsComparison Of(ArmResults? baseline) =>
        ArmsComparison.Of(ArmsComparison.PairsOf(Three, baseline), Metric.MeanOverPrompts, new ComparisonPoint.Whole());

    private static ArmResults Arm(string name, int correct) => new(
        name, false, null, new Reflection(1, 3, ReflectionQuirks.Paper),
        [.. Enumerable.Range(0, 553).Select(p => Sweeps.Chain(p, 0, Sweeps.Attempt(p < correct ? "C" : "")))], 0, 0);
}
