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
    /// The statistics' values in each resample, [statistic][resample]: for whatever is computed of several means
    /// (bands, ratios, budgets).
    /// </summary>
    public double[][] Means(IReadOnlyList<IReadOnlyList<double[]>> statistics) => _resampling.Means(statistics);
}
