using System.Numerics;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Analysis.Tests.Comparisons.Compared;

namespace ReflectDiT.Eval.Analysis.Tests.Comparisons;

public sealed class ExactValueTests
{
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
}
