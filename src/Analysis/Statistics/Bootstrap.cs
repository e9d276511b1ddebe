using MathNet.Numerics.Distributions;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// Bootstrap over prompts. A value is one prompt's: for two arms its paired difference, with several replicates
/// averaged inside the prompt first, so that the prompts are what is drawn again.
/// </summary>
/// <remarks>
/// Draws and intervals are those of <c>scipy.stats.bootstrap</c> under <c>default_rng(seed)</c>, so SciPy gives the
/// same interval. Every interval starts from the seed again: those over equally many prompts share their draws, and so
/// all statistics of one call of <see cref="Means"/> are paired.
/// </remarks>
public sealed class Bootstrap(UInt128 seed, int resamples = Bootstrap.Resamples)
{
    public const int Resamples = 10_000;

    private readonly Resampling _resampling = new(seed, resamples);

    /// <summary>
    /// Percentile interval for the unweighted mean of the strata's means (the mean over categories; with one stratum, that
    /// over prompts); prompts are drawn within their own stratum, whose size is fixed by the benchmark.
    /// </summary>
    public Interval MeanOfMeans(IReadOnlyList<double[]> strata) => Percentiles.Middle95(Means([strata])[0]);

    /// <summary>
    /// Bias-corrected and accelerated interval (Efron 1987) for the same mean: better where the means are skewed, as
    /// near 0 and 1.
    /// </summary>
    public Interval BcaMeanOfMeans(IReadOnlyList<double[]> strata)
    {
        var means = Means([strata])[0];
        Array.Sort(means);
        var mean = strata.Average(s => s.Average());

        // Means that are equal but for rounding count as equal.
        var slack = 1e-12 * Math.Max(Math.Abs(means[0]), Math.Abs(means[^1]));
        var below = means.Sum(m => m < mean - slack ? 1 : m <= mean + slack ? 0.5 : 0) / means.Length;
        if (means[^1] - means[0] <= slack || below is 0 or 1)
        {
            return Percentiles.Middle95(means);
        }

        var (bias, acceleration) = (Normal.InvCDF(0, 1, below), Acceleration(strata));
        var quantile = Normal.InvCDF(0, 1, 0.025);
        return new(Percentiles.Of(means, Share(quantile)), Percentiles.Of(means, Share(-quantile)));

        double Share(double at) => Normal.CDF(0, 1, bias + ((bias + at) / (1 - (acceleration * (bias + at)))));
    }

    /// <summary>Percentile intervals of many statistics over the same prompts, much faster than one by one.</summary>
    /// <param name="statistics">Each a list of strata; the strata have the same sizes in all.</param>
    public Interval[] MeansOfMeans(IReadOnlyList<IReadOnlyList<double[]>> statistics)
    {
        var means = Means(statistics);
        var intervals = new Interval[means.Length];
        Parallel.For(0, means.Length, i => intervals[i] = Percentiles.Middle95(means[i]));
        return intervals;
    }

    /// <summary>
    /// The statistics' values in each resample, [statistic][resample]: for whatever is computed of several means
    /// (bands, ratios, budgets).
    /// </summary>
    public double[][] Means(IReadOnlyList<IReadOnlyList<double[]>> statistics) => _resampling.Means(statistics);

    /// <summary>From the jackknife over the prompts of each stratum, which a mean allows in closed form.</summary>
    private static double Acceleration(IReadOnlyList<double[]> strata)
    {
        var (cubes, squares) = (0.0, 0.0);
        foreach (var values in strata)
        {
            var mean = values.Average();
            foreach (var value in values)
            {
                var influence = (value - mean) / strata.Count / values.Length;
                squares += influence * influence;
                cubes += influence * influence * influence;
            }
        }

        return cubes / (6 * Math.Pow(squares, 1.5));
    }
}
