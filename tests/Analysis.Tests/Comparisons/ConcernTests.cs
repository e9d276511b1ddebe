using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Analysis.Tests.Comparisons.Compared;

namespace ReflectDiT.Eval.Analysis.Tests.Comparisons;

/// <summary>What speaks against a comparison.</summary>
public sealed class ConcernTests
{
    [Fact]
    public void What_speaks_against_a_comparison_is_named()
    {
        Assert.Empty(Concern.Of(Reflecting, Best, Whole));
        Assert.Equal(
            [Concern.Prompts, Concern.Scorer, Concern.Thresholds, Concern.Incomplete, Concern.Oracle],
            Concern.Of(
                Reflecting,
                new(
                    Sweeps.Two with
                    {
                        Id = "other",
                        Prompts = [.. Sweeps.Prompts.Take(500)],
                        Scorer = new("detector", "mask2former", new ScoringOptions { Threshold = 0.4 }.ToJson().GetRawText()),
                    },
                    Sweeps.Sana with
                    {
                        Strategy = new BestOfN(20, Selector.Oracle),
                        Chains = [.. Sweeps.Sana.Chains.Take(499)],
                    }),
                Whole).Select(c => c.Name));
    }

    [Fact]
    public void Scorer_that_is_not_recorded_may_be_another()
    {
        var elsewhere = Best with { Sweep = Sweeps.Two with { Id = "imported", Scorer = new("detector", null, null) } };
        Assert.Equal([Concern.Scorer, Concern.Thresholds], Concern.Of(Reflecting, elsewhere, Whole).Select(c => c.Name));
    }

    [Fact]
    public void Leaked_arm_counts_as_an_oracle()
    {
        var leaked = Best with { Arm = Sweeps.Sana with { Strategy = new Recorded(20, false, true) } };
        Assert.Equal(Concern.Oracle, Assert.Single(Concern.Of(Reflecting, leaked, Whole)).Name);
    }

    [Fact]
    public void Arm_that_drew_all_is_not_compared_in_mid_curve_with_one_that_stops()
    {
        var all = Best with { Arm = Sweeps.Sana with { Strategy = new BestOfN(20, Selector.JudgeScore) } };
        Assert.Equal(Concern.Curves, Assert.Single(Concern.Of(Reflecting, all, new ComparisonPoint.Attempts(8))).Name);
        Assert.Empty(Concern.Of(Reflecting, all, new ComparisonPoint.Attempts(20)));
        Assert.Single(Concern.Of(Reflecting, all, ComparisonPoint.Parse("8,20")));
        Assert.Empty(Concern.Of(Reflecting, Best, new ComparisonPoint.Attempts(8)));
        Assert.Empty(Concern.Of(all, all, new ComparisonPoint.Attempts(8)));
    }

    [Fact]
    public void Unequal_designs_are_refused_and_stand_in_the_verdict()
    {
        var four = Best with
        {
            Arm = Sweeps.Sana with
            {
                Strategy = new BestOfN(4, Selector.FirstAccept),
                Chains =
        [
            .. Sweeps.Sana.Chains.Select(c => c with { Attempts = [.. c.Attempts.Take(4)], Shown = Math.Min(3, c.Shown) }),
        ]
            }
        };
        Assert.Equal(Concern.Attempts, Assert.Single(Concern.Of(Reflecting, four, Whole)).Name);
        Assert.Empty(Concern.Of(Reflecting, four, new ComparisonPoint.Attempts(4)));
        Assert.Contains(
            "; UNEQUAL: reflect-dit SIMULATED may draw 20 images a chain and sana SIMULATED 4: compare them at the same N (--at 4)",
            VerdictText.Of(Compare(Reflecting, four)),
            StringComparison.Ordinal);
        Assert.DoesNotContain("UNEQUAL", VerdictText.Of(Compare(Reflecting, four, at: "4")), StringComparison.Ordinal);

        // One sweep of two replicates, of which an arm that was run elsewhere has one.
        var two = Sweeps.Two with { Replicates = 2 };
        ComparedArm twice = new(two, Sweeps.Sana with
        {
            Chains = [.. Sweeps.Sana.Chains.SelectMany(c => new[] { c, c with { Replicate = 1 } })],
        });
        Assert.Equal(
            [Concern.Incomplete, Concern.Replicates], Concern.Of(new(two, Sweeps.ReflectDit), twice, Whole).Select(c => c.Name));
        var comparison = Compare(new(two, Sweeps.ReflectDit), twice);
        Assert.Contains("has 1 chains a prompt and sana SIMULATED 2", VerdictText.Of(comparison), StringComparison.Ordinal);
        Assert.Equal(MetricComparison.PermutationTest, comparison.Decisive.Exact!.Value.Test);
    }

    /// <summary>Two replicates of each prompt, the second of prompts 3 and 4 from the seed of the first.</summary>
    [Fact]
    public void Replicates_that_copy_a_seed_are_named()
    {
        var two = Sweeps.Two with { Replicates = 2 };
        ComparedArm Arm(ArmResults arm, Func<int, int, string?> seed) => new(two, arm with
        {
            Chains = [.. arm.Chains.SelectMany(c => new[] { 0, 1 }.Select(r => c with { Replicate = r, Drawn = seed(c.Prompt, r) }))],
        });
        var (own, unknown) = (Arm(Sweeps.ReflectDit, (p, r) => $"{p} {r}"), Arm(Sweeps.Sana, (_, _) => null));
        Assert.Empty(Concern.Of(own, unknown, Whole));
        var copied = Arm(Sweeps.Sana, (p, r) => p is 3 or 4 ? $"{p}" : $"{p} {r}");
        var concern = Assert.Single(Concern.Of(own, copied, Whole));
        Assert.Equal(Concern.Repeated, concern.Name);
        Assert.StartsWith(
            "2 of 1106 chains of sana SIMULATED were drawn from the seed of another replicate of their prompt (the first: prompt 3, replicates 0 and 1)",
            concern.Text,
            StringComparison.Ordinal);
        Assert.Contains("UNEQUAL: 2 of 1106", VerdictText.Of(Compare(own, copied)), StringComparison.Ordinal);
    }

    /// <summary>Each second prompt has the text of the one before, but for four that begin a category.</summary>
    [Fact]
    public void Further_seeds_of_a_prompt_are_no_further_prompts()
    {
        var sweep = Sweeps.Two with { Prompts = [.. Sweeps.Prompts.Select(p => p with { Prompt = $"prompt {p.Index / 2 * 2}" })] };
        var concern = Assert.Single(Concern.Of(new(sweep, Sweeps.ReflectDit), new(sweep, Sweeps.Sana), Whole));
        Assert.Equal(Concern.Repeated, concern.Name);
        Assert.StartsWith("272 of 553 prompts of two-arms repeat", concern.Text, StringComparison.Ordinal);
        Assert.Contains(
            "UNEQUAL: 272 of 553", VerdictText.Of(Compare(new(sweep, Sweeps.ReflectDit), new(sweep, Sweeps.Sana))), StringComparison.Ordinal);
    }
}
