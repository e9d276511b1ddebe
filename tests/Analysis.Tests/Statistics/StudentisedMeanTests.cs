using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

public sealed class StudentisedMeanTests
{
    /// <summary>Six prompts have 6^6 resamples: all of them, against 10,000 drawn ones (standard error of a tail at most 0.5%).</summary>
    [Fact]
    public void P_is_that_of_all_resamples()
    {
        double[] values = [0.5, 0.25, -0.125, 0.75, 0.1, 0.3];
        var test = new StudentisedMean([values], new Bootstrap(1));
        var (mean, error) = Of(values);
        var all = new double[46656];
        var draw = new double[6];
        for (var r = 0; r < all.Length; r++)
        {
            for (int i = 0, rest = r; i < 6; i++, rest /= 6)
            {
                draw[i] = values[rest % 6];
            }

            var (m, e) = Of(draw);
            all[r] = e > 0 ? (m - mean) / e : m == mean ? 0 : Math.Sign(m - mean) * double.PositiveInfinity;
        }

        foreach (var difference in new[] { -0.2, 0, 0.1, 0.2, 0.45, 0.6 })
        {
            var t = (mean - difference) / error;
            var expected = Math.Min(1, 2.0 * Math.Min(all.Count(x => x >= t), all.Count(x => x <= t)) / all.Length);
            Assert.Equal(expected, test.PFor(difference), 0.03);
        }

        Assert.Equal(mean, test.Value, 1e-12);
    }

    [Fact]
    public void P_is_below_its_level_where_and_only_where_the_interval_excludes_the_difference()
    {
        var random = new NumpyRandom(17);
        var bootstrap = new Bootstrap(2, 500);
        for (var run = 0; run < 100; run++)
        {
            double[][] strata =
            [
                .. Enumerable.Range(0, 1 + random.NextInt(3)).Select(_ => Enumerable.Range(0, 12 + random.NextInt(30))
                    .Select(_ => (random.NextInt(9) - 3) / 8.0).ToArray()),
            ];
            var test = new StudentisedMean(strata, bootstrap);
            foreach (var at in new[] { -0.1, 0, 0.05, 0.1, 0.2 })
            {
                Assert.Equal(test.Interval.Contains(at), test.PFor(at) >= 0.05);
            }

            Assert.True(test.Interval.Low < test.Interval.High && test.Interval.Contains(test.Value));
        }
    }

    /// <summary>Four replicates of a cell, and skewed scores; all cells are in the benchmark "coverage". Standard error 1%.</summary>
    [Theory]
    [InlineData(94, 4)]
    [InlineData(80, 0)]
    public void Interval_holds_the_truth(int prompts, int replicates)
    {
        const int runs = 500;
        var random = new NumpyRandom(18);
        var bootstrap = new Bootstrap(3, 1000);
        var held = Enumerable.Range(0, runs).Count(_ => PairedMean.Of(
            [
                [.. Enumerable.Range(0, prompts).Select(_ => replicates > 0
                    ? Enumerable.Range(0, replicates).Average(_ => random.NextDouble() < 0.021 ? 1.0 : 0)
                    : 0.02 + (0.05 * (-Math.Log(1 - random.NextDouble()) - 1)))],
            ],
            bootstrap).Interval.Contains(replicates > 0 ? 0.021 : 0.02));
        Assert.InRange(held / (double)runs, 0.925, 1);
    }

    /// <summary>Passes and fails, few differing prompts and all alike have the score test; one large among small ones is few.</summary>
    [Fact]
    public void What_the_bootstrap_knows_too_little_of_has_the_score_test()
    {
        var bootstrap = new Bootstrap(4, 100);
        double[] Many(double value, int count) => [.. Enumerable.Repeat(value, count)];
        Assert.IsType<PairedScore>(PairedMean.Of([[.. Many(1, 40), .. Many(0, 40)]], bootstrap));
        Assert.IsType<PairedScore>(PairedMean.Of([[.. Many(0.5, 9), .. Many(0, 91)]], bootstrap));
        Assert.IsType<PairedScore>(PairedMean.Of([Many(0.5, 100)], bootstrap));
        Assert.IsType<PairedScore>(PairedMean.Of([[.. Many(1, 4), .. Enumerable.Range(0, 549).Select(i => i % 2 * 0.0001)]], bootstrap));
        Assert.IsType<StudentisedMean>(PairedMean.Of([[.. Many(0.5, 10), .. Many(0, 91)]], bootstrap));
        Assert.Equal(10, PairedMean.Differing([[.. Many(0.5, 10), .. Many(0, 91)]]), 9);
        Assert.All(
            new[] { Many(0.5, 100), Many(0, 30) },
            same => Assert.True(PairedMean.Of([same], bootstrap).Interval is var (low, high) && high - low > 0.05));
    }

    private static (double Mean, double Error) Of(double[] values)
    {
        var mean = values.Average();
        return (mean, Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1) / values.Length));
    }
}
