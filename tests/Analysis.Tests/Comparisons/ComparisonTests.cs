using System.Numerics;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Analysis.Tests.Statistics;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Tests.Comparisons;

public sealed class ComparisonTests
{
    private static readonly ComparisonPoint Whole = new ComparisonPoint.Whole();
    private static readonly ComparedArm Reflection = new(Sweeps.Two, Sweeps.ReflectDit);
    private static readonly ComparedArm Best = new(Sweeps.Two, Sweeps.Sana);

    /// <summary>32 prompts gained and 1 lost: exact p = 2 (1 + 33) / 2^33 by hand.</summary>
    [Fact]
    public void Better_arm_is_named_with_difference_interval_p_and_prompts()
    {
        var comparison = Compare(Reflection, Best);
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
        var comparison = Compare(Best, Reflection);
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
        var comparison = Compare(Reflection, shorter);
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
        var comparison = Compare(Reflection, Best, at: "4");
        Assert.Equal(429 / 553.0, comparison.Decisive.First, 12);
        Assert.Equal(390 / 553.0, comparison.Decisive.Second, 12);
        Assert.Contains("reflect-dit SIMULATED at N=4 is better", VerdictText.Of(comparison), StringComparison.Ordinal);
        Assert.Contains(
            "at most 20 attempts",
            Assert.Throws<ArgumentException>(() => Compare(Reflection, Best, at: "21")).Message,
            StringComparison.Ordinal);
    }

    /// <summary>color_attr 5 of 5 gained, exact p = 2/32 by hand; position 12 of 12, exact p = 2/4096.</summary>
    [Fact]
    public void Categories_are_tested_each_and_adjusted_together()
    {
        var comparison = Compare(Reflection, Best);
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
        var comparison = Compare(Reflection, Best, category, "4,8,20");
        var alone = new[] { "4", "8", "20" }.Select(n => Compare(Reflection, Best, category, n).Decisive.P).ToList();
        Assert.Equal([4, 8, 20], comparison.ByN.Select(at => at.N));
        Assert.Equal(alone, comparison.ByN.Select(at => at.Row.P));
        Assert.Equal(Holm.Adjust(alone), comparison.ByN.Select(at => at.Row.HolmP!.Value));
        Assert.NotEqual(alone, comparison.ByN.Select(at => at.Row.HolmP!.Value));
        Assert.Equal(Golden.ScoreP(5, 0), comparison.Decisive.P, 12);
        Assert.Equal(VerdictText.Of(Compare(Reflection, Best, category, "20")), VerdictText.Of(comparison));
        Assert.Empty(Compare(Reflection, Best, category, "20").ByN);
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
    public void Arm_without_a_judge_is_not_called_judged()
    {
        var unjudged = Best with
        {
            Arm = Sweeps.Sana with
            {
                Chains =
                [
                    .. Sweeps.Sana.Chains.Select(c => c with
                    {
                        Shown = 0,
                        Attempts = [c.Attempts[0] with { Verdict = null }],
                    }),
                ],
            },
        };
        var text = ComparisonFormat.Render(Compare(Reflection, unjudged), [], "md");
        Assert.Contains("B 1.00 and 0.00.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("each judged", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Verdict_about_a_category_is_over_its_prompts_and_lists_them_alone()
    {
        var comparison = Compare(Reflection, Best, GenEvalBenchmark.Columns.Single(m => m.Category == Categories.ColorAttr));
        Assert.Equal(Outcome.Better, comparison.Outcome);
        Assert.Contains("p = 0.0442, over 100 prompts of color_attr and for prompts like them", VerdictText.Of(comparison), StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(453 + 55, 5), comparison.Differing.Select(d => d.Prompt.Index));
    }

    [Fact]
    public void Differing_prompts_come_with_the_first_arms_gains_first()
    {
        var differing = Compare(Reflection, Best).Differing;
        Assert.Equal(33, differing.Count);
        Assert.All(differing.Take(32), d => Assert.Equal((1, 0), (d.First, d.Second)));
        Assert.Equal((78, 0, 1), (differing[32].Prompt.Index, differing[32].First, differing[32].Second));
    }

    [Fact]
    public void Published_difference_of_the_arms_comes_with_the_power_to_see_it()
    {
        var row = Compare(Reflection, Best).Decisive;
        Assert.Equal((446 / 553.0) - 0.751, row.Published!.Value, 12);
        Assert.InRange(row.PowerForPublished!.Value, 0.99, 1);
        var alone = Compare(Reflection with { Arm = Sweeps.ReflectDit with { Published = null } }, Best).Decisive;
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
        Assert.Empty(Concern.Of(Reflection, other, Whole));
        Assert.Equal((32, 1), Compare(Reflection, other).Decisive.Discordant);
    }

    [Fact]
    public void What_speaks_against_a_comparison_is_named()
    {
        Assert.Empty(Concern.Of(Reflection, Best, Whole));
        Assert.Equal(
            [Concern.Prompts, Concern.Scorer, Concern.Thresholds, Concern.Incomplete, Concern.Oracle],
            Concern.Of(
                Reflection,
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
        Assert.Equal([Concern.Scorer, Concern.Thresholds], Concern.Of(Reflection, elsewhere, Whole).Select(c => c.Name));
    }

    [Fact]
    public void Leaked_arm_counts_as_an_oracle()
    {
        var leaked = Best with { Arm = Sweeps.Sana with { Strategy = new Recorded(20, false, true) } };
        Assert.Equal(Concern.Oracle, Assert.Single(Concern.Of(Reflection, leaked, Whole)).Name);
    }

    [Fact]
    public void Arm_that_drew_all_is_not_compared_in_mid_curve_with_one_that_stops()
    {
        var all = Best with { Arm = Sweeps.Sana with { Strategy = new BestOfN(20, Selector.JudgeScore) } };
        Assert.Equal(Concern.Curves, Assert.Single(Concern.Of(Reflection, all, new ComparisonPoint.Attempts(8))).Name);
        Assert.Empty(Concern.Of(Reflection, all, new ComparisonPoint.Attempts(20)));
        Assert.Single(Concern.Of(Reflection, all, ComparisonPoint.Parse("8,20")));
        Assert.Empty(Concern.Of(Reflection, Best, new ComparisonPoint.Attempts(8)));
        Assert.Empty(Concern.Of(all, all, new ComparisonPoint.Attempts(8)));
    }

    /// <summary>
    /// Each arm always draws 2 images. One is right in the first for half of the prompts, in the second for all; the
    /// other always in half of them. At 1.5 images a prompt they have 0.75 and 0.5.
    /// </summary>
    [Fact]
    public void Equal_budget_is_interpolated_between_two_numbers_of_attempts()
    {
        ArmResults Arm(string name, Func<int, string> second) => new(
            name, false, null, new Reflection(2, 3, ReflectionQuirks.Paper),
            [
                .. Enumerable.Range(0, 100).Select(p => Sweeps.Chain(
                    p, 1, Sweeps.Attempt(p % 2 == 0 ? "C" : ""), Sweeps.Attempt(second(p)))),
            ],
            0, 0);
        var sweep = new SweepResults(
            "small", "1", 1, 1, Sweeps.Tables,
            [.. Enumerable.Range(0, 100).Select(p => new SweepPrompt(p, "counting", $"{p}"))],
            [Arm("a", _ => "C"), Arm("b", p => p % 2 == 0 ? "C" : "")])
        {
            Scorer = Sweeps.Scorer,
        };
        var (a, b) = (new ComparedArm(sweep, sweep.Arms[0]), new ComparedArm(sweep, sweep.Arms[1]));
        var comparison = Compare(a, b, at: "budget:attempts=1.5");
        Assert.Equal((0.75, 0.5), (comparison.Decisive.First, comparison.Decisive.Second));
        Assert.InRange(comparison.Decisive.Interval.Low, 0.15, 0.25);
        Assert.Equal(Outcome.Better, comparison.Outcome);
        Assert.EndsWith(", over 100 prompts and for prompts like them, at 1.5 images a prompt each", VerdictText.Of(comparison), StringComparison.Ordinal);

        // An attempt takes 1.5 device seconds: 2.25 of them are the same 1.5 attempts.
        var seconds = Compare(a, b, at: "budget:device-seconds=2.25").Decisive;
        Assert.Equal((0.75, 0.5), (Math.Round(seconds.First, 12), seconds.Second));
        Assert.Contains(
            "a was run at 1 to 2, b at 1 to 2",
            Assert.Throws<ArgumentException>(() => Compare(a, b, at: "budget:attempts=3")).Message,
            StringComparison.Ordinal);

        // By hand: the first arm has 0.5 at one image, the second at any number.
        var reached = comparison.Reached!;
        Assert.Equal((0.5, 1, 1, 1), (reached.Share, reached.First.Value, reached.Second.Value, reached.Ratio.Value));
        Assert.StartsWith("To reach 0.500, a needs at most 1 (95% less than was run to ", VerdictText.OfReached(comparison), StringComparison.Ordinal);
        foreach (var format in ReportFormat.Names)
        {
            Assert.Contains(
                format == "json" ? "reached_share" : "To reach 0.500",
                ComparisonFormat.Render(comparison, [], format),
                StringComparison.Ordinal);
            Assert.Contains(
                "1.5 images a prompt",
                ComparisonFormat.Render(comparison, [], format).Replace('\n', ' '),
                StringComparison.Ordinal);
        }
    }

    /// <summary>Four discordant prompts of 553, all one way: the rule is the same wherever the arms are compared.</summary>
    [Fact]
    public void Budget_that_is_no_other_than_a_number_of_attempts_has_its_verdict()
    {
        ArmResults Arm(string name, int correct) => new(
            name, false, null, new Reflection(2, 3, ReflectionQuirks.Paper),
            [.. Enumerable.Range(0, 553).Select(p => Sweeps.Chain(p, 1, Sweeps.Attempt(""), Sweeps.Attempt(p < correct ? "C" : "")))],
            0, 0);
        var sweep = Sweeps.Of(Arm("a", 304), Arm("b", 300));
        var (a, b) = (new ComparedArm(sweep, sweep.Arms[0]), new ComparedArm(sweep, sweep.Arms[1]));
        var whole = Compare(a, b).Decisive;
        foreach (var at in new[] { "2", "1,2", "budget:attempts=2", "budget:device-seconds=3" })
        {
            var row = Compare(a, b, at: at).Decisive;
            Assert.Equal((whole.P, whole.Interval, whole.Significant), (row.P, row.Interval, row.Significant));
        }

        Assert.False(whole.Significant);
        Golden.AssertEqual(Golden.ScoreP(4, 0), whole.P, 1e-9, "b=4, c=0");
    }

    /// <summary>
    /// Random histories of two selectors over the same images: the prompts that differ are those whose share of subsets that
    /// show a correct image is another whole number, as a count of all subsets says. Always-right prompts never differ.
    /// </summary>
    [Fact]
    public void Equal_is_equal_at_any_number_of_attempts()
    {
        var random = new NumpyRandom(7);
        for (var run = 0; run < 12; run++)
        {
            var (n, replicates) = (3 + random.NextInt(5), 1 + random.NextInt(3));
            var images = (
                from prompt in Enumerable.Range(0, 12)
                from replicate in Enumerable.Range(0, replicates)
                select (prompt, replicate, attempts: Enumerable.Range(0, n).Select(_ => Sweeps.Attempt(
                    prompt % 3 == 0 || random.NextInt(3) == 0 ? "C" : "", random.NextInt(4) / 3.0)).ToArray())).ToList();
            ArmResults Arm(string name, bool turned) => new(name, false, null, new BestOfN(n, Selector.JudgeScore),
                [
                    .. images.Select(i => Sweeps.Chain(i.prompt, 0, turned ? [.. i.attempts.Reverse()] : i.attempts) with
                    {
                        Replicate = i.replicate,
                    }),
                ],
                0, 0);
            var sweep = new SweepResults(
                "small", "1", 1, replicates, Sweeps.Tables,
                [.. Enumerable.Range(0, 12).Select(p => new SweepPrompt(p, "counting", $"{p}"))],
                [Arm("a", false), Arm("b", true)])
            {
                Scorer = Sweeps.Scorer,
            };
            var k = 1 + random.NextInt(n - 1);
            var comparison = Compare(new(sweep, sweep.Arms[0]), new(sweep, sweep.Arms[1]), at: $"{k}");
            int[] expected =
            [
                .. Enumerable.Range(0, 12).Where(p => Correct(sweep.Arms[0], p, k) != Correct(sweep.Arms[1], p, k)),
            ];
            Assert.Equal(expected, comparison.Differing.Select(d => d.Prompt.Index).Order());
            Assert.DoesNotContain(expected, p => p % 3 == 0);
            if (expected.Length == 0)
            {
                Assert.Equal((1, 1, 0), (comparison.Decisive.P, comparison.Decisive.Exact!.Value.P, comparison.Decisive.Difference));
            }
        }

        // How many subsets of k show a correct image, over all replicates: the strategy itself is asked for each.
        static int Correct(ArmResults arm, int prompt, int k)
        {
            var count = 0;
            foreach (var attempts in arm.Chains.Where(c => c.Prompt == prompt).Select(c => c.Attempts))
            {
                for (var subset = 1u; subset < 1u << attempts.Count; subset++)
                {
                    if (BitOperations.PopCount(subset) == k)
                    {
                        AttemptResult[] chosen = [.. attempts.Where((_, i) => (subset >> i & 1) == 1)];
                        var shown = arm.Strategy.Shown([.. chosen.Select(a => new PastAttempt(a.Verdict!, null))]);
                        count += chosen[shown].Passed == true ? 1 : 0;
                    }
                }
            }

            return count;
        }
    }

    /// <summary>Each arm in each category: always right, or at the second image; colors take one image in A and two in B.</summary>
    [Fact]
    public void Category_without_a_row_at_a_budget_is_listed_with_the_reason_and_censored_budgets_say_at_most()
    {
        ArmResults Arm(string name, Func<int, string[]> marks) => new(
            name, false, null, new Reflection(2, 3, ReflectionQuirks.Paper),
            [.. Enumerable.Range(0, 40).Select(p => Sweeps.Chain(
                p, marks(p).Length - 1, [.. marks(p).Select(m => Sweeps.Attempt(m))]))],
            0, 0);
        var sweep = new SweepResults(
            "small", "1", 1, 1, Sweeps.Tables,
            [.. Enumerable.Range(0, 40).Select(p => new SweepPrompt(p, p < 20 ? "counting" : "colors", $"{p}"))],
            [Arm("a", p => p < 20 ? ["", "+C"] : ["+C"]), Arm("b", p => p < 20 ? ["", "+C"] : ["", ""])])
        {
            Scorer = Sweeps.Scorer,
        };
        var comparison = Compare(new(sweep, sweep.Arms[0]), new(sweep, sweep.Arms[1]), at: "budget:attempts=1.25");
        Assert.DoesNotContain(comparison.Rows, r => r.Metric.Category == "colors");
        var absent = comparison.Absent.Single(a => a.Metric.Category == "colors");
        Assert.Equal("a was run at 1 to 1, b at 1 to 2", absent.Reason);
        foreach (var format in ReportFormat.Names)
        {
            Assert.Contains(
                "a was run at 1 to 1, b at 1 to 2",
                string.Join(' ', ComparisonFormat.Render(comparison, [], format).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)),
                StringComparison.Ordinal);
        }

        // b has 0.125 at the budget, which a has with its first image: at most 1, and so the ratio.
        Assert.Equal((true, 1.0, null), (comparison.Reached!.First.Reached.AtMost, comparison.Reached.First.Value, comparison.Reached.First.Low));
        Assert.True(comparison.Reached.Ratio.Reached.AtMost);
        Assert.Null(comparison.Reached.Ratio.Low);
        Assert.Contains("a needs at most 1 and", VerdictText.OfReached(comparison), StringComparison.Ordinal);
        Assert.Contains("what its own prompts cost", ComparisonFormat.Render(comparison, [], "md"), StringComparison.Ordinal);
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
        Assert.Equal(Concern.Attempts, Assert.Single(Concern.Of(Reflection, four, Whole)).Name);
        Assert.Empty(Concern.Of(Reflection, four, new ComparisonPoint.Attempts(4)));
        Assert.Contains(
            "; UNEQUAL: reflect-dit SIMULATED may draw 20 images a chain and sana SIMULATED 4: compare them at the same N (--at 4)",
            VerdictText.Of(Compare(Reflection, four)),
            StringComparison.Ordinal);
        Assert.DoesNotContain("UNEQUAL", VerdictText.Of(Compare(Reflection, four, at: "4")), StringComparison.Ordinal);

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
        Assert.Null(Compare(Reflection, Best).WorstCase);
    }

    [Fact]
    public void An_unfinished_sweep_is_one_look_unless_the_test_holds_at_every_look()
    {
        static ComparedArm First(ComparedArm arm, int prompts) =>
            arm with { Arm = arm.Arm with { Chains = [.. arm.Arm.Chains.Where(c => c.Prompt < prompts)] } };
        var (a, b) = (First(Reflection, 260), First(Best, 240));
        Assert.Contains("; one look at 240 of 553 chains; valid only if planned", VerdictText.Of(Compare(a, b)), StringComparison.Ordinal);
        Assert.DoesNotContain("one look", VerdictText.Of(Compare(Reflection, Best)), StringComparison.Ordinal);

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

    [Fact]
    public void Exact_p_stands_beside_the_verdict_where_detail_is_asked_for()
    {
        var comparison = Compare(Reflection, Best, GenEvalBenchmark.Columns.Single(m => m.Category == Categories.ColorAttr));
        Assert.Contains("0.0625", ComparisonFormat.Render(comparison, [], "text", detail: true), StringComparison.Ordinal);
        var plain = ComparisonFormat.Render(comparison, [], "text");
        Assert.DoesNotContain("0.0625", plain, StringComparison.Ordinal);
        Assert.All(plain.Split("\n\n")[1].Split('\n'), l => Assert.InRange(l.Length, 0, 100));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("4,")]
    [InlineData("8,4")]
    [InlineData("4,4")]
    [InlineData("budget:energy=3")]
    [InlineData("budget:attempts")]
    [InlineData("budget:attempts=-1")]
    public void Point_that_is_none_is_refused_with_what_is_possible(string text) =>
        Assert.Contains(
            "judge-tokens", Assert.Throws<FormatException>(() => ComparisonPoint.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_format_says_the_verdict_simulated_and_what_was_allowed()
    {
        var comparison = Compare(Reflection, Best);
        Concern[] allowed = [new(Concern.Oracle, "said so")];
        foreach (var format in ReportFormat.Names)
        {
            var text = ComparisonFormat.Render(comparison, allowed, format);
            Assert.Contains("reflect-dit SIMULATED is better than sana SIMULATED", text, StringComparison.Ordinal);
            Assert.Contains("said so", text, StringComparison.Ordinal);
            Assert.Contains("prompt 78", text, StringComparison.Ordinal);
            Assert.EndsWith("\n", text, StringComparison.Ordinal);
            Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Json_has_the_outcome_and_full_precision()
    {
        var json = JsonDocument.Parse(ComparisonFormat.Render(Compare(Reflection, Best), [], "json")).RootElement;
        Assert.Equal("better", json.GetProperty("outcome").GetString());
        var row = json.GetProperty("rows")[0];
        Assert.Equal(2 * 34 / Math.Pow(2, 33), row.GetProperty("exact_p").GetDouble(), 15);
        Assert.Equal(Golden.ScoreP(32, 1), row.GetProperty("p").GetDouble(), 12);
        Assert.Equal((32, 1), (row.GetProperty("only_first").GetInt32(), row.GetProperty("only_second").GetInt32()));
        Assert.Equal(33, json.GetProperty("prompts").GetArrayLength());
    }

    [Fact]
    public void Text_begins_with_the_arms_and_the_verdict()
    {
        var lines = ComparisonFormat.Render(Compare(Reflection, Best), [], "text").Split('\n');
        Assert.Equal("A: reflect-dit SIMULATED; B: sana SIMULATED", lines[0]);
        Assert.StartsWith("reflect-dit SIMULATED is better than", lines[1], StringComparison.Ordinal);
        Assert.All(lines, l => Assert.InRange(l.Length, 0, 140));
    }

    private static Comparison Compare(ComparedArm first, ComparedArm second, Metric? metric = null, string? at = null) =>
        Comparison.Of(
            first,
            second,
            metric ?? Metric.MeanOverPrompts,
            at is null ? Whole : ComparisonPoint.Parse(at));
}
