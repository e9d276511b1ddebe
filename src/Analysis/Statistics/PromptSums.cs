namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// Ratios of what is counted over all prompts, such as the share of the images that are accepted, with 95% intervals
/// that draw prompts: the images of one prompt are no independent ones.
/// </summary>
internal sealed class PromptSums
{
    private readonly double[] _sums = [];
    private readonly double[][] _resampled = [];

    /// <param name="counts">[what is counted][prompt].</param>
    public PromptSums(Bootstrap bootstrap, IReadOnlyList<double[]> counts)
    {
        if (counts[0].Length > 0)
        {
            _sums = [.. counts.Select(c => c.Sum())];
            _resampled = bootstrap.Means([.. counts.Select(c => new[] { c })]);
        }
    }

    /// <summary>A ratio and its interval; null where it is undefined (0 of 0), as it is without prompts.</summary>
    /// <param name="ratio">Of what was counted, in the same order.</param>
    /// <param name="least">The least that it can be: a resample that leaves it undefined says no more than that.</param>
    /// <param name="most">The most that it can be.</param>
    public Estimate? Of(Func<double[], double> ratio, double least, double most)
    {
        if (_sums.Length == 0 || double.IsNaN(ratio(_sums)))
        {
            return null;
        }

        var (lows, highs) = (new double[_resampled[0].Length], new double[_resampled[0].Length]);
        var (means, undefined) = (new double[_sums.Length], false);
        for (var r = 0; r < lows.Length; r++)
        {
            for (var i = 0; i < means.Length; i++)
            {
                means[i] = _resampled[i][r];
            }

            var value = ratio(means);
            (lows[r], highs[r]) = double.IsNaN(value) ? (least, most) : (value, value);
            undefined |= double.IsNaN(value);
        }

        var interval = Percentiles.Middle95(lows);
        return new(ratio(_sums), undefined ? new(interval.Low, Percentiles.Middle95(highs).High) : interval);
    }
}
