using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

/// <summary>How often a 95% interval holds a truth that we know.</summary>
public sealed class CoverageTests
{
    /// <summary>The standard error of a coverage of 0.95 is then 0.005.</summary>
    private const int Runs = 2000;

    /// <summary>Enough for ends that are right to a small part of an interval's width.</summary>
    private const int Resamples = 1000;

    /// <summary>GenEval's categories in size, with the published difference of two arms.</summary>
    private static readonly (double First, double Second, int Prompts)[] Strata =
        [(0.97, 0.98, 80), (0.85, 0.95, 99), (0.65, 0.8, 80), (0.8, 0.88, 94), (0.4, 0.65, 100), (0.45, 0.6, 100)];

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
        AssertCovers(held);
    }

    /// <summary>
    /// Two arms on the same prompts, each prompt with its own difficulty that both arms share. Over 20,000 runs
    /// the two intervals held the truth in 94.4 and 94.8 percent: a bootstrap within small categories is a little narrow.
    /// </summary>
    [Fact]
    public void Paired_bootstrap_holds_the_true_difference()
    {
        var random = new NumpyRandom(77);
        var overCategories = Strata.Average(s => s.Second - s.First);
        var overPrompts = Strata.Sum(s => (s.Second - s.First) * s.Prompts) / Strata.Sum(s => s.Prompts);
        var bootstrap = new Bootstrap(40, 400);
        var (categories, prompts) = (0, 0);
        for (var run = 0; run < Runs; run++)
        {
            var differences = Strata
                .Select(s => Enumerable.Range(0, s.Prompts).Select(_ => Difference(random, s)).ToArray()).ToArray();
            categories += bootstrap.MeanOfMeans(differences).Contains(overCategories) ? 1 : 0;
            prompts += bootstrap.MeanOfMeans([[.. differences.SelectMany(d => d)]]).Contains(overPrompts) ? 1 : 0;
        }

        AssertCovers(categories);
        AssertCovers(prompts);
    }

    [Theory]
    [InlineData(553)]
    [InlineData(80)]
    public void Clopper_Pearson_interval_holds_every_true_share_at_least_95_percent_of_the_time(int count)
    {
        for (var truth = 0.005; truth < 0.5; truth += 0.007)
        {
            var (held, weight) = (0.0, Math.Pow(1 - truth, count));
            for (var k = 0; k <= count; k++)
            {
                held += ClopperPearson.Share(k, count).Contains(truth) ? weight : 0;
                weight *= (double)(count - k) / (k + 1) * truth / (1 - truth);
            }

            Assert.InRange(held, 0.95, 1);
        }
    }

    /// <summary>One difficulty for each prompt makes the points of its curve depend on each other.</summary>
    [Theory]
    [InlineData(300)]
    [InlineData(30)]
    public void Simultaneous_band_holds_the_whole_true_curve(int prompts)
    {
        var random = new NumpyRandom(5);
        var bootstrap = new Bootstrap(6, Resamples);
        double[] truths = [0.62, 0.7, 0.74, 0.77, 0.79, 0.8];
        var held = Enumerable.Range(0, Runs).Count(_ =>
        {
            var points = truths.Select(_ => new double[prompts]).ToArray();
            for (var prompt = 0; prompt < prompts; prompt++)
            {
                var difficulty = random.NextDouble();
                for (var k = 0; k < truths.Length; k++)
                {
                    // A fifth of the time a point of its own, so that the curve is no single step.
                    var draw = random.NextInt(5) == 0 ? random.NextDouble() : difficulty;
                    points[k][prompt] = draw < truths[k] ? 1 : 0;
                }
            }

            var band = SimultaneousBand.SupT(bootstrap, [.. points.Select(p => (double[][])[p])]);
            return band.Zip(truths).All(p => p.First.Interval.Contains(p.Second));
        });
        Assert.InRange(held / (double)Runs, 0.94, 0.99);
    }

    /// <summary>
    /// An arm that is always right: at each of two points Wilson's interval of n passes, n / (n + z²), at Bonferroni's z of two,
    /// SciPy's norm.ppf(1 - 0.0125).
    /// </summary>
    [Fact]
    public void Band_of_an_arm_that_is_always_right_has_a_width()
    {
        double[] right = [.. Enumerable.Repeat(1.0, 30)];
        const double z = 2.241402727604947;
        Assert.All(
            SimultaneousBand.SupT(new Bootstrap(0), [[right], [right]]),
            point => Assert.Equal((1, 30 / (30 + (z * z)), 1), (point.Value, point.Interval.Low, point.Interval.High), Near));

        static bool Near((double, double, double) a, (double, double, double) b) =>
            a.Item1 == b.Item1 && Math.Abs(a.Item2 - b.Item2) < 1e-9 && Math.Abs(a.Item3 - b.Item3) < 1e-12;
    }

    /// <summary>Prompts of one to six images that are alike, right in 90%.</summary>
    [Theory]
    [InlineData(12)]
    [InlineData(60)]
    public void Clustered_share_holds_the_truth(int prompts)
    {
        var random = new NumpyRandom(21);
        var held = Enumerable.Range(0, Runs).Count(_ =>
        {
            var (hits, counts) = (new double[prompts], new double[prompts]);
            for (var p = 0; p < prompts; p++)
            {
                // Half of the prompts are right in all images and half in 80%.
                counts[p] = 1 + random.NextInt(6);
                var share = random.NextInt(2) == 0 ? 1 : 0.8;
                hits[p] = Enumerable.Range(0, (int)counts[p]).Sum(_ => Draw(random, share));
            }

            return ClusteredShare.Of(hits, counts)!.Value.Interval.Contains(0.9);
        });
        Assert.InRange(held / (double)Runs, 0.94, 1);
    }

    [Fact]
    public void Estimates_at_budgets_hold_the_truth()
    {
        var random = new NumpyRandom(7);
        var bootstrap = new Bootstrap(8, Resamples);
        var (difference, cost, ratio) = (0, 0, 0);
        for (var run = 0; run < Runs; run++)
        {
            // Shares 0.5, 0.7, 0.8 at costs 1, 2, 3 against 0.4, 0.7, 0.9 at 2, 4, 6, on mean.
            var points = new[] { Arm(random, [0.5, 0.7, 0.8], 1), Arm(random, [0.4, 0.7, 0.9], 2) };
            var budgets = new Budgets(bootstrap, points);
            difference += budgets.ShareDifferenceAt(0, 1, 2.6)!.Interval.Contains(0.76 - 0.49) ? 1 : 0;
            cost += Contains(budgets.CostOf(1, 0.75)!, 4.5) ? 1 : 0;
            ratio += Contains(budgets.CostRatioOf(0, 1, 0.6)!, 1.5 / (10 / 3.0)) ? 1 : 0;
        }


        // Half a prompt's correction of 200 makes the difference's a little wide.
        Assert.InRange(difference / (double)Runs, 0.94, 0.98);
        AssertCovers(cost);
        AssertCovers(ratio);

        static bool Contains(BudgetEstimate estimate, double truth) =>
            (estimate.Low ?? 0) <= truth && truth <= (estimate.High ?? double.PositiveInfinity);
    }

    [Fact]
    public void Values_that_all_agree_give_a_bootstrap_without_width()
    {
        Assert.Equal(new Interval(0.5, 0.5), new Bootstrap(0).MeanOfMeans([[0.5, 0.5, 0.5]]));
        Assert.Equal(new Interval(0.5, 0.5), new Bootstrap(0).MeanOfMeans([[0.5, 0.5], [0.5]]));
    }

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

    /// <summary>200 prompts with these mean shares, and attempts that cost <paramref name="cost"/> on mean.</summary>
    private static BudgetPoints Arm(NumpyRandom random, double[] truths, int cost)
    {
        var costs = truths.Select(_ => new double[200]).ToArray();
        var shares = truths.Select(_ => new double[200]).ToArray();
        for (var prompt = 0; prompt < 200; prompt++)
        {
            var (difficulty, spent) = (random.NextDouble(), 0.0);
            for (var k = 0; k < truths.Length; k++)
            {
                costs[k][prompt] = spent += cost * (0.5 + random.NextDouble());
                shares[k][prompt] = difficulty < truths[k] ? 1 : 0;
            }
        }

        return new([.. costs.Select(c => (double[][])[c])], [.. shares.Select(s => (double[][])[s])]);
    }

    /// <summary>95% give or take one: two standard errors of <see cref="Runs"/>.</summary>
    private static void AssertCovers(int held) => Assert.InRange(held / (double)Runs, 0.94, 0.96);

    private static double Draw(NumpyRandom random, double share) => random.NextDouble() < share ? 1 : 0;
}
