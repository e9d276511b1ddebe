using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Core.Statistics;

/// <summary>
/// Percentile bootstrap over prompts. A value is one prompt's: for two arms its paired difference, with several
/// replicates averaged inside the prompt first, so that the prompts are what is drawn again.
/// </summary>
/// <remarks>
/// Draws and percentiles are those of <c>scipy.stats.bootstrap(method='percentile')</c> under
/// <c>default_rng(seed)</c>, so SciPy gives the same interval.
/// </remarks>
public static class Bootstrap
{
    public const int Resamples = 10_000;

    /// <summary>Interval for the mean over prompts; prompts are drawn from all of <paramref name="values"/>.</summary>
    public static Interval Mean(double[] values, UInt128 seed, int resamples = Resamples) =>
        MeanOfMeans([values], seed, resamples);

    /// <summary>
    /// Interval for the unweighted mean of the strata's means (the mean over categories); prompts are drawn within
    /// their own stratum, whose size is fixed by the benchmark.
    /// </summary>
    public static Interval MeanOfMeans(
        IReadOnlyList<double[]> strata, UInt128 seed, int resamples = Resamples)
    {
        ArgumentOutOfRangeException.ThrowIfZero(strata.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(resamples);
        var random = new NumpyRandom(seed);
        var means = new double[resamples];
        foreach (var values in strata)
        {
            ArgumentOutOfRangeException.ThrowIfZero(values.Length, nameof(strata));
            for (var r = 0; r < resamples; r++)
            {
                var sum = 0.0;
                for (var i = 0; i < values.Length; i++)
                {
                    sum += values[random.NextInt(values.Length)];
                }

                means[r] += sum / values.Length / strata.Count;
            }
        }

        Array.Sort(means);
        return new(Percentile(means, 0.025), Percentile(means, 0.975));
    }

    /// <summary>Linear interpolation between the two nearest of the sorted values.</summary>
    private static double Percentile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var index = (int)place;
        var next = Math.Min(index + 1, sorted.Length - 1);
        return sorted[index] + ((place - index) * (sorted[next] - sorted[index]));
    }
}
