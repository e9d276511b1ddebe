using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Core.Statistics;

namespace ReflectDiT.Eval.Core.Tests.Statistics;

/// <summary>How often a 95% interval holds a truth that we know.</summary>
public sealed class CoverageTests
{
    private const int Runs = 1000;

    /// <summary>Five standard errors of a coverage of 0.95 over <see cref="Runs"/> runs are 0.034.</summary>
    private const double Least = 0.95 - 0.034;

    private static readonly (double First, double Second, int Prompts)[] Strata =
        [(0.97, 0.99, 40), (0.6, 0.8, 50), (0.2, 0.6, 30)];

    [Theory]
    [InlineData(553)]
    [InlineData(80)]
    public void Wilson_interval_holds_the_true_share_in_95_percent_of_all_outcomes_on_average(int count)
    {
        // Exact: the binomial weights of all outcomes that hold the truth, over a grid of truths. Up to one half, as
        // the interval is symmetric and the first weight would vanish beyond.
        var total = 0.0;
        const int grid = 50;
        for (var g = 1; g <= grid; g++)
        {
            var truth = g / (2.0 * grid);
            var weight = Math.Pow(1 - truth, count);
            for (var k = 0; k <= count; k++)
            {
                total += Wilson.Share((double)k / count, count).Contains(truth) ? weight : 0;
                weight *= (double)(count - k) / (k + 1) * truth / (1 - truth);
            }
        }

        Assert.InRange(total / grid, 0.945, 0.96);
    }

    [Fact]
    public void Interval_for_a_mean_over_categories_holds_the_truth()
    {
        var random = new NumpyRandom(1);
        var truth = Strata.Average(s => s.Second);
        var held = Enumerable.Range(0, Runs).Count(_ => Wilson.MeanOfShares(
            [.. Strata.Select(s => (Enumerable.Range(0, s.Prompts).Average(_ => Draw(random, s.Second)), s.Prompts))])
            .Contains(truth));
        Assert.InRange(held / (double)Runs, Least, 0.985);
    }

    /// <summary>Two arms on the same prompts, each prompt with its own difficulty that both arms share.</summary>
    [Fact]
    public void Paired_bootstrap_holds_the_true_difference()
    {
        var random = new NumpyRandom(2);
        var overCategories = Strata.Average(s => s.Second - s.First);
        var overPrompts = Strata.Sum(s => (s.Second - s.First) * s.Prompts) / Strata.Sum(s => s.Prompts);
        var (categories, prompts) = (0, 0);
        for (var run = 0; run < Runs; run++)
        {
            var differences = Strata
                .Select(s => Enumerable.Range(0, s.Prompts).Select(_ => Difference(random, s)).ToArray()).ToArray();
            var bootstrap = new Bootstrap((uint)run, resamples: 500);
            categories += bootstrap.MeanOfMeans(differences).Contains(overCategories) ? 1 : 0;
            prompts += bootstrap.Mean([.. differences.SelectMany(d => d)]).Contains(overPrompts) ? 1 : 0;
        }

        Assert.InRange(categories / (double)Runs, Least, 0.985);
        Assert.InRange(prompts / (double)Runs, Least, 0.985);
    }

    [Fact]
    public void Values_that_all_agree_give_an_interval_without_width() =>
        Assert.Equal(new Interval(0.5, 0.5), new Bootstrap(0).Mean([0.5, 0.5, 0.5]));

    [Fact]
    public void Share_outside_0_to_1_and_a_count_of_0_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Wilson.Share(1.01, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Wilson.Share(double.NaN, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Wilson.Share(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Bootstrap(0).MeanOfMeans([[1], []]));
    }

    /// <summary>
    /// The shared difficulty is one uniform number: below both rates both arms succeed. A third of the time the second
    /// arm draws its own.
    /// </summary>
    private static double Difference(NumpyRandom random, (double First, double Second, int Prompts) stratum)
    {
        var shared = random.NextDouble();
        var second = random.NextInt(3) == 0 ? random.NextDouble() : shared;
        return (second < stratum.Second ? 1 : 0) - (shared < stratum.First ? 1 : 0);
    }

    private static double Draw(NumpyRandom random, double share) => random.NextDouble() < share ? 1 : 0;
}
