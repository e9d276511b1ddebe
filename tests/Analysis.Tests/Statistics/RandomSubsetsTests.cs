using System.Numerics;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

public sealed class RandomSubsetsTests
{
    private const int Runs = 20_000;

    /// <summary>Against the strategy itself on each subset of the attempts in their order; ties are common.</summary>
    [Theory]
    [InlineData(Selector.JudgeScore)]
    [InlineData(Selector.Pairwise)]
    [InlineData(Selector.Oracle)]
    public void Selected_at_k_is_the_mean_over_all_subsets_of_what_the_strategy_shows(Selector selector)
    {
        var random = new NumpyRandom(1);
        var strategy = new BestOfN(7, selector);
        for (var run = 0; run < 50; run++)
        {
            PastAttempt[] attempts =
            [
                .. Enumerable.Range(0, 7).Select(_ =>
                {
                    var score = random.NextInt(4) / 3.0;
                    return new PastAttempt(
                        new(random.NextInt(2) == 0, score, 1 - score, ""), Score.OfPass(random.NextInt(3) == 0, null, null));
                }),
            ];
            var (shown, subsets) = (new double[8], new int[8]);
            for (var subset = 1u; subset < 1u << 7; subset++)
            {
                var k = BitOperations.PopCount(subset);
                PastAttempt[] chosen = [.. attempts.Where((_, i) => (subset >> i & 1) == 1)];
                subsets[k]++;
                shown[k] += chosen[strategy.Shown(chosen)].Score!.Value;
            }

            var ranked = strategy.Ranked(attempts).Select(i => attempts[i].Score!.Value);
            var selected = RandomSubsets.Selected([.. ranked]);
            for (var k = 1; k <= 7; k++)
            {
                // Passes are whole numbers: the mean is their exact fraction.
                Assert.Equal(new((int)shown[k], subsets[k]), selected[k - 1]);
            }
        }
    }

    [Theory]
    [InlineData(20, 0)]
    [InlineData(20, 20)]
    [InlineData(20, 3)]
    [InlineData(1, 1)]
    public void Pass_at_k_is_one_minus_the_hypergeometric_chance_of_no_correct_attempt(int n, int correct)
    {
        var pass = RandomSubsets.Highest(Enumerable.Range(0, n).Select(i => i < correct ? 1.0 : 0));
        var none = 1.0;
        for (var k = 1; k <= n; k++)
        {
            none *= Math.Max(0, n - correct - k + 1) / (double)(n - k + 1);
            Assert.Equal(1 - none, pass[k - 1].ToDouble(), 1e-12);
        }
    }

    /// <summary>An image is correct by its score, which is uniform: the best of k by k / (k + 1).</summary>
    [Fact]
    public void Selected_at_k_and_pass_at_k_are_unbiased()
    {
        const int n = 8;
        var random = new NumpyRandom(2);
        var (selected, pass) = (new double[n], new double[n]);
        for (var run = 0; run < Runs; run++)
        {
            var attempts = Enumerable.Range(0, n).Select(_ => random.NextDouble())
                .Select(score => (Score: score, Correct: random.NextDouble() < score)).ToList();
            var one = RandomSubsets.Selected([.. attempts.OrderByDescending(a => a.Score).Select(a => a.Correct ? 1.0 : 0)]);
            var other = RandomSubsets.Highest(attempts.Select(a => a.Correct ? 1.0 : 0));
            for (var k = 0; k < n; k++)
            {
                selected[k] += one[k].ToDouble() / Runs;
                pass[k] += other[k].ToDouble() / Runs;
            }
        }

        // Four standard errors of a share of 20,000, at most.
        for (var k = 1; k <= n; k++)
        {
            Assert.Equal(k / (k + 1.0), selected[k - 1], 0.0142);
            Assert.Equal(1 - Math.Pow(0.5, k), pass[k - 1], 0.0142);
        }
    }
}
