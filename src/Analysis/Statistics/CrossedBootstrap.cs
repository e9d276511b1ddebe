using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// Bootstrap over prompts and raters at once: what would others have said of other prompts? Both are drawn with replacement,
/// each for itself (the pigeonhole bootstrap: Owen 2007, Annals of Applied Statistics 1). It errs, if at all, to the wide side.
/// </summary>
/// <param name="prompts">
/// Of each prompt who said what: a rater from 0 with a value for each statistic. What is known without a rater has rater -1.
/// </param>
/// <param name="raters">How many there are.</param>
public sealed class CrossedBootstrap(
    IReadOnlyList<IReadOnlyList<(int Rater, double[] Values)>> prompts, int raters, UInt128 seed, int resamples = Bootstrap.Resamples)
{
    /// <summary>
    /// 95% intervals of the mean over prompts of the mean over their raters, one a statistic. A prompt of which no rater was
    /// drawn counts as the others with raters do on average; a resample without any of those says no more than the bounds.
    /// </summary>
    /// <param name="bounds">The least and the most that each statistic can be.</param>
    public Interval[] Intervals(IReadOnlyList<(double Least, double Most)> bounds)
    {
        var random = new NumpyRandom(seed);
        var lows = bounds.Select(_ => new double[resamples]).ToArray();
        var highs = bounds.Select(_ => new double[resamples]).ToArray();
        var (means, known) = (prompts.Select(_ => new double[bounds.Count]).ToArray(), new bool[prompts.Count]);
        var (weights, sums, fixedSums) = (new int[raters], new double[bounds.Count], new double[bounds.Count]);
        for (var r = 0; r < resamples; r++)
        {
            Array.Clear(weights);
            for (var drawn = 0; drawn < raters; drawn++)
            {
                weights[random.NextInt(raters)]++;
            }

            for (var p = 0; p < prompts.Count; p++)
            {
                known[p] = Mean(prompts[p], weights, means[p]);
            }

            Array.Clear(sums);
            Array.Clear(fixedSums);
            var (withRaters, withoutRaters) = (0, 0);
            for (var drawn = 0; drawn < prompts.Count; drawn++)
            {
                var p = random.NextInt(prompts.Count);
                if (known[p])
                {
                    var isFixed = prompts[p][0].Rater < 0;
                    (withRaters, withoutRaters) = isFixed ? (withRaters, withoutRaters + 1) : (withRaters + 1, withoutRaters);
                    Add(means[p], isFixed ? fixedSums : sums);
                }
            }

            var rest = prompts.Count - withoutRaters;
            for (var s = 0; s < sums.Length; s++)
            {
                var (low, high) = withRaters > 0 ? (sums[s] / withRaters, sums[s] / withRaters) : rest > 0 ? bounds[s] : (0, 0);
                (lows[s][r], highs[s][r]) = ((fixedSums[s] + (rest * low)) / prompts.Count, (fixedSums[s] + (rest * high)) / prompts.Count);
            }
        }

        return [.. lows.Zip(highs, (low, high) => new Interval(Percentiles.Middle95(low).Low, Percentiles.Middle95(high).High))];
    }

    private static void Add(double[] values, double[] sums)
    {
        for (var s = 0; s < sums.Length; s++)
        {
            sums[s] += values[s];
        }
    }

    private static bool Mean(IReadOnlyList<(int Rater, double[] Values)> said, int[] weights, double[] mean)
    {
        Array.Clear(mean);
        var weight = 0;
        foreach (var (rater, values) in said)
        {
            var times = rater < 0 ? 1 : weights[rater];
            weight += times;
            for (var s = 0; s < mean.Length; s++)
            {
                mean[s] += times * values[s];
            }
        }

        for (var s = 0; s < mean.Length && weight > 0; s++)
        {
            mean[s] /= weight;
        }

        return weight > 0;
    }
}
