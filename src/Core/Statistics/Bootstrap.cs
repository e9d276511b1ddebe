using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Core.Statistics;

/// <summary>
/// Percentile bootstrap over prompts. A value is one prompt's: for two arms its paired difference, with several
/// replicates averaged inside the prompt first, so that the prompts are what is drawn again.
/// </summary>
/// <remarks>
/// Draws and percentiles are those of <c>scipy.stats.bootstrap(method='percentile')</c> under
/// <c>default_rng(seed)</c>, so SciPy gives the same interval. Every interval starts from the seed again: those over
/// equally many prompts share their draws, which are kept, as drawing takes longer than all the rest.
/// </remarks>
public sealed class Bootstrap(UInt128 seed, int resamples = Bootstrap.Resamples)
{
    public const int Resamples = 10_000;

    private readonly Dictionary<string, int[]> _draws = [];

    /// <summary>Interval for the mean over prompts; prompts are drawn from all of <paramref name="values"/>.</summary>
    public Interval Mean(double[] values) => MeanOfMeans([values]);

    /// <summary>
    /// Interval for the unweighted mean of the strata's means (the mean over categories); prompts are drawn within
    /// their own stratum, whose size is fixed by the benchmark.
    /// </summary>
    public Interval MeanOfMeans(IReadOnlyList<double[]> strata)
    {
        ArgumentOutOfRangeException.ThrowIfZero(strata.Count);
        var draws = Draws([.. strata.Select(s => s.Length)]).AsSpan();
        var means = new double[resamples];
        foreach (var values in strata)
        {
            for (var r = 0; r < resamples; r++)
            {
                var sum = 0.0;
                foreach (var draw in draws[..values.Length])
                {
                    sum += values[draw];
                }

                draws = draws[values.Length..];
                means[r] += sum / values.Length / strata.Count;
            }
        }

        Array.Sort(means);
        return new(Percentile(means, 0.025), Percentile(means, 0.975));
    }

    /// <summary>All resamples of the first stratum, then all of the next.</summary>
    private int[] Draws(int[] sizes)
    {
        var key = string.Join(',', sizes);
        if (_draws.TryGetValue(key, out var draws))
        {
            return draws;
        }

        var random = new NumpyRandom(seed);
        draws = new int[sizes.Sum() * resamples];
        var at = 0;
        foreach (var size in sizes)
        {
            ArgumentOutOfRangeException.ThrowIfZero(size, nameof(sizes));
            for (var end = at + (size * resamples); at < end; at++)
            {
                draws[at] = random.NextInt(size);
            }
        }

        return _draws[key] = draws;
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
