using System.Text.Json;
using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Analysis.Tests.Statistics;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Analysis.Tests.Comparisons.Compared;

namespace ReflectDiT.Eval.Analysis.Tests.Comparisons;

public sealed class ComparisonTests
{
    /// <summary>32 prompts gained and 1 lost: exact p = 2 (1 + 33) / 2^33 by hand.</summary>
    [Fact]
    public void Better_arm_is_named_with_difference_interval_p_and_prompts()
    {
        var comparison = Compare(Reflecting, Best);
        var row = comparison.Decisive;
        Assert.Equal((32, 1), row.Discordant);
        Assert.Equal(31 / 553.0, row.Difference, 12);
        Assert.Equal(Golden.ScoreP(32, 1), row.P, 12);
        Assert.Equal(MetricComparison.McNemarTest, row.Exact!.Value.Test);
        Assert.Equal(2 * 34 / Math.Pow(2, 33), row.Exact.Value.P, 15);
        Assert.Equal(Outcome.Better, comparison.Outcome);
        Assert.Matches(
            @"^reflect-dit SIMULATED is better than sana SIMULATED by 0\.056 \(95% 0\.038 to 0\.080\), "
            + "p < 0.0001, over 553 prompts and for prompts like them$",
            VerdictText.Of(comparison));
    }

    [Fact]
    public void Worse_is_the_same_the_other_way_round()
    {
        var comparison = Compare(Best, Reflecting);
        Assert.Equal(Outcome.Worse, comparison.Outcome);
        Assert.Matches(
            @"^sana SIMULATED is worse than reflect-dit SIMULATED by 0\.056 \(95% 0\.038 to 0\.080\), ",
            VerdictText.Of(comparison));
    }

    /// <summary>The paper's own last step, N=16 to 20, is 4 prompts of 553: exact p = 2 / 2^4.</summary>
    [Fact]
    public void The_published_step_from_16_to_20_attempts_is_inconclusive()
    {
        var shorter = new ComparedArm(
            Sweeps.Two with { Id = "other", Sweep = "at-16" },
            Sweeps.ReflectDit with
            {
                Strategy = new Reflection(16, 3, ReflectionQuirks.Paper),
                Chains =
                [
                    .. Sweeps.ReflectDit.Chains.Select(c => c with
                    {
                        Attempts = [.. c.Attempts.Take(16)],
                        Shown = Math.Min(c.Shown, 15),
                    }),
                ],
            });
        var comparison = Compare(Reflecting, shorter);
        Assert.Equal((4, 0), comparison.Decisive.Discordant);
        Assert.Equal(0.125, comparison.Decisive.Exact!.Value.P, 12);
        Assert.Equal(Golden.ScoreP(4, 0), comparison.Decisive.P, 12);
        Assert.Equal(Outcome.Inconclusive, comparison.Outcome);
        Assert.StartsWith(
            "inconclusive: reflect-dit SIMULATED of two-arms minus reflect-dit SIMULATED of at-16 is +0.007 (95% ",
            VerdictText.Of(comparison),
            StringComparison.Ordinal);
        Assert.Contains(
            "p = 0.0801, over 553 prompts and for prompts like them; this design sees differences of 0.012 or more with 80% power",
            VerdictText.Of(comparison),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Comparison_at_n_looks_at_both_arms_there()
    {
        var comparison = Compare(Reflecting, Best, at: "4");
        Assert.Equal(429 / 553.0, comparison.Decisive.First, 12);
        Assert.Equal(390 / 553.0, comparison.Decisive.Second, 12);
        Assert.Contains("reflect-dit SIMULATED at N=4 is better", VerdictText.Of(comparison), StringComparison.Ordinal);
        Assert.Contains(
            "at most 20 attempts",
            Assert.Throws<ArgumentException>(() => Compare(Reflecting, Best, at: "21")).Message,
            StringComparison.Ordinal);
    }

    /// <summary>color_attr 5 of 5 gained, exact p = 2/32 by hand; position 12 of 12, exact p = 2/4096.</summary>
    [Fact]
    public void Categories_are_tested_each_and_adjusted_together()
    {
        var comparison = Compare(Reflecting, Best);
        var position = comparison.Rows.Single(r => r.Metric.Category == Categories.Position);
        Assert.Equal(((12, 0), 2 / 4096.0), (position.Discordant!.Value, Math.Round(position.Exact!.Value.P, 12)));
        Assert.Equal(Golden.ScoreP(12, 0), position.P, 12);
        Assert.Equal(6 * Golden.ScoreP(12, 0), position.HolmP!.Value, 12);
        var attribution = comparison.Rows.Single(r => r.Metric.Category == Categories.ColorAttr);
        Assert.Equal(2 / 32.0, attribution.Exact!.Value.P, 12);
        Assert.Equal(Golden.ScoreP(5, 0), attribution.P, 12);
        Assert.Equal(3 * Golden.ScoreP(5, 0), attribution.HolmP!.Value, 12);
        Assert.All(comparison.Rows.Where(r => r.Metric.Category is null), r => Assert.Null(r.HolmP));
    }

    /// <summary>At N=20 color_attr 5 of 5 gained, which two smaller p come before.</summary>
    [Fact]
    public void Several_N_are_tested_each_and_adjusted_together_and_the_verdict_is_about_the_last()
    {
        var category = GenEvalBenchmark.Columns.Single(m => m.Category == Categories.ColorAttr);
        var comparison = Compare(Reflecting, Best, category, "4,8,20");
        var alone = new[] { "4", "8", "20" }.Select(n => Compare(Reflecting, Best, category, n).Decisive.P).ToList();
        Assert.Equal([4, 8, 20], comparison.ByN.Select(at => at.N));
        Assert.Equal(alone, comparison.ByN.Select(at => at.Row.P));
        Assert.Equal(Holm.Adjust(alone), comparison.ByN.Select(at => at.Row.HolmP!.Value));
        Assert.NotEqual(alone, comparison.ByN.Select(at => at.Row.HolmP!.Value));
        Assert.Equal(Golden.ScoreP(5, 0), comparison.Decisive.P, 12);
        Assert.Equal(VerdictText.Of(Compare(Reflecting, Best, category, "20")), VerdictText.Of(comparison));
        Assert.Empty(Compare(Reflecting, Best, category, "20").ByN);
        var text = ComparisonFormat.Render(comparison, [], "text");
        Assert.Contains("== By N: color_attr", text, StringComparison.Ordinal);
        Assert.Contains("the verdict is about N=20", text, StringComparison.Ordinal);
        Assert.Equal(
            3, ComparisonFormat.Render(comparison, [], "csv").Split("\nn,color_attr,", StringSplitOptions.None).Length - 1);
        var data = JsonDocument.Parse(ComparisonFormat.Render(comparison, [], "json")).RootElement.GetProperty("by_n");
        Assert.Equal(
            comparison.ByN.Select(at => (at.N, at.Row.HolmP!.Value)),
            data.EnumerateArray().Select(r => (r.GetProperty("n").GetInt32(), r.GetProperty("p_holm").GetDouble())));
    }

    [Fact]
    public void Verdict_about_a_category_is_over_its_prompts_and_lists_them_alone()
    {
        var comparison = Compare(Reflecting, Best, GenEvalBenchmark.Columns.Single(m => m.Category == Categories.ColorAttr));
        Assert.Equal(Outcome.Better, comparison.Outcome);
        Assert.Contains("p = 0.0442, over 100 prompts of color_attr and for prompts like them", VerdictText.Of(comparison), StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(453 + 55, 5), comparison.Differing.Select(d => d.Prompt.Index));
    }

    [Fact]
    public void Differing_prompts_come_with_the_first_arms_gains_first()
    {
        var differing = Compare(Reflecting, Best).Differing;
        Assert.Equal(33, differing.Count);
        Assert.All(differing.Take(32), d => Assert.Equal((1, 0), (d.First, d.Second)));
        Assert.Equal((78, 0, 1), (differing[32].Prompt.Index, differing[32].First, differing[32].Second));
    }

    /// <summary>Gains and losses by category: 0-1, 9-0, 6-0, 0-0, 12-0 and 5-0 (make_paired.py, the first of its groups).</summary>
    [Fact]
    public void Whether_the_difference_depends_on_the_category_is_tested_and_flips_are_counted()
    {
        var comparison = Compare(Reflecting, Best);
        var expected = Golden.Paired("heterogeneity").First();
        Assert.Equal(5, comparison.Interaction!.DegreesOfFreedom);
        Assert.Equal(expected.Number("p"), comparison.Interaction.P, 1e-7);
        Assert.Equal(
            [(0, 1), (9, 0), (6, 0), (0, 0), (12, 0), (5, 0)],
            comparison.Rows.Where(r => r.Metric.Category is not null).Select(r => r.Flips!.Value));
        Assert.Equal((32, 1), comparison.Decisive.Flips);
        foreach (var format in ReportFormat.Names)
        {
            Assert.Contains(format == "json" ? "\"degrees_of_freedom\": 5" : "it does: Q = 19.3", ComparisonFormat.Render(comparison, [], format), StringComparison.Ordinal);
        }

        var text = ComparisonFormat.Render(comparison, [], "text");
        Assert.Contains("== Prompts where A does better: 32", text, StringComparison.Ordinal);
        Assert.Contains("  and 29 more\n", text, StringComparison.Ordinal);
        Assert.Equal(33, ComparisonFormat.Render(comparison, [], "text", detail: true).Split("  prompt ").Length - 1);
    }

    [Fact]
    public void Published_difference_of_the_arms_comes_with_the_power_to_see_it()
    {
        var row = Compare(Reflecting, Best).Decisive;
        Assert.Equal((446 / 553.0) - 0.751, row.Published!.Value, 12);
        Assert.InRange(row.PowerForPublished!.Value, 0.99, 1);
        var alone = Compare(Reflecting with { Arm = Sweeps.ReflectDit with { Published = null } }, Best).Decisive;
        Assert.Null(alone.Published);
        Assert.Null(alone.PowerForPublished);
    }

    /// <summary>Two replicates: one gained in both, two gained in one of two. Of 2^3 signs two are as extreme.</summary>
    [Fact]
    public void Replicates_are_tested_over_prompts()
    {
        SweepPrompt[] prompts = [new(0, "counting", "a"), new(1, "counting", "b"), new(2, "counting", "c"), new(3, "counting", "d")];
        ArmResults Arm(string name, params string[] replicates) => new(
            name, false, null, Sweeps.BestOf20,
            [
                .. from prompt in Enumerable.Range(0, 4)
                   from replicate in Enumerable.Range(0, 2)
                   select Sweeps.Chain(prompt, 0, Sweeps.Attempt(replicates[replicate][prompt] == 'C' ? "+C" : "+")) with
                   {
                       Replicate = replicate,
                   },
            ],
            0, 0);
        var sweep = new SweepResults("small", "1", 1, 2, Sweeps.Tables, prompts, [Arm("a", "CC.C", "C.CC"), Arm("b", "...C", "...C")])
        {
            Scorer = Sweeps.Scorer,
        };
        var row = Compare(new(sweep, sweep.Arms[0]), new(sweep, sweep.Arms[1])).Decisive;
        Assert.Null(row.Discordant);
        Assert.Equal((MetricComparison.PermutationTest, 2 / 8.0), row.Exact);
        Assert.Equal(0.5, row.Difference, 12);
        Golden.AssertEqual(Golden.Paired("means").First().Number("p"), row.P, 1e-5, "score test of 1, 0.5, 0.5 and 0");
    }

    [Fact]
    public void Arms_of_two_sweeps_are_paired_by_their_prompts_text()
    {
        var backwards = Sweeps.Two with
        {
            Id = "other",
            Prompts = [.. Sweeps.Prompts.Reverse().Select((p, i) => p with { Index = i })],
        };
        var turned = Sweeps.Sana with
        {
            Chains = [.. Sweeps.Sana.Chains.Select(c => c with { Prompt = 552 - c.Prompt })],
        };
        var other = new ComparedArm(backwards, turned);
        Assert.Empty(Concern.Of(Reflecting, other, Whole));
        Assert.Equal((32, 1), Compare(Reflecting, other).Decisive.Discordant);
    }
}
