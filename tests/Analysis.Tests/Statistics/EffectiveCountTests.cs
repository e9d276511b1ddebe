using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

/// <summary>Wilson's interval for means of graded scores.</summary>
public sealed class EffectiveCountTests
{
    /// <summary>SciPy's t.ppf(0.975, 2) and t.ppf(0.975, 3).</summary>
    private const double T2 = 4.302652729911275;
    private const double T3 = 3.182446305284263;
    private const double Z = 1.959963984540054;

    [Fact]
    public void It_is_n_m_1_minus_m_over_the_variance_by_hand()
    {
        // Mean 0.5, squares 0.09 + 0.01 + 0.16 = 0.26, variance 0.13.
        Assert.Equal(3 * 0.25 / 0.13 * Math.Pow(Z / T2, 2), Wilson.EffectiveCount([0.2, 0.4, 0.9]), 1e-9);

        // Passes and fails are worth what they are, but for what is not known of their variance.
        Assert.Equal(3 * Math.Pow(Z / T3, 2), Wilson.EffectiveCount([0, 1, 1, 1]), 1e-9);
    }

    [Fact]
    public void Equal_scores_say_nothing_of_their_variance_and_count_as_they_are()
    {
        Assert.Equal(4, Wilson.EffectiveCount([0.7, 0.7, 0.7, 0.7]));
        Assert.Equal(2, Wilson.EffectiveCount([1, 1]));
    }

    /// <summary>Scores whose true mean is known, among them such as lie near 1, where a t interval fails.</summary>
    public static TheoryData<string, double, int> Scores => new()
    {
        { "uniform", 0.5, 2 },
        { "uniform", 0.5, 5 },
        { "uniform", 0.5, 30 },
        { "uniform", 0.5, 300 },
        { "high", 0.75, 10 },
        { "high", 0.75, 100 },
        { "two", 0.69, 100 },
        { "nearly-all-one", 0.95, 100 },
        { "nearly-all-one", 0.95, 300 },
    };

    [Theory]
    [MemberData(nameof(Scores))]
    public void The_interval_holds_the_true_mean_in_93_to_97_percent_of_runs(string scores, double truth, int count)
    {
        const int Runs = 4000;
        var random = new NumpyRandom(17);
        var held = 0;
        for (var run = 0; run < Runs; run++)
        {
            double[] values = [.. Enumerable.Range(0, count).Select(_ => Draw(scores, random))];
            var interval = Wilson.Share(values.Average(), Wilson.EffectiveCount(values));
            Assert.InRange(interval.Low, 0, interval.High);
            Assert.InRange(interval.High, interval.Low, 1);
            held += interval.Contains(truth) ? 1 : 0;
        }

        Assert.InRange(held / (double)Runs, 0.93, 0.97);
    }

    private static double Draw(string scores, NumpyRandom random) => scores switch
    {
        "uniform" => random.NextDouble(),
        "high" => Math.Pow(random.NextDouble(), 1 / 3.0),
        "two" => random.NextDouble() < 0.7 ? 0.9 : 0.2,
        _ => random.NextDouble() < 0.9 ? 1 : random.NextDouble(),
    };
}
