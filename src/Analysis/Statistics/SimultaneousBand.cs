using MathNet.Numerics.Distributions;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// A 95% band for a whole curve: it holds the true curve at all its points at once, which intervals taken point by
/// point do not.
/// </summary>
public static class SimultaneousBand
{
    /// <summary>A point where all prompts agree deviates by no more.</summary>
    private const double Rounding = 1e-12;

    /// <summary>
    /// Wilson's interval of each point, at the critical value of the largest deviation over the curve (sup-t, Montiel Olea and
    /// Plagborg-Møller 2019) in place of that of one point. So a band is never without width, and holds where prompts are few.
    /// </summary>
    /// <param name="points">One statistic for each point of the curve, as in <see cref="Bootstrap.Means"/>: shares or scores.</param>
    public static Estimate[] SupT(Bootstrap bootstrap, IReadOnlyList<IReadOnlyList<double[]>> points)
    {
        var critical = Critical(bootstrap, points);
        return
        [
            .. points.Select(strata => new Estimate(
                strata.Average(s => s.Average()),
                strata.Count == 1
                    ? Wilson.Share(strata[0].Average(), Wilson.EffectiveCount(strata[0]), critical)
                    : Wilson.MeanOfShares([.. strata.Select(s => (s.Average(), Wilson.EffectiveCount(s)))], critical))),
        ];
    }

    /// <summary>
    /// The 95% point of the largest deviation over the curve, in standard errors, both from a bootstrap over prompts; never
    /// below that of one point. Where no point varies nothing is known of how they go together, and it is Bonferroni's.
    /// </summary>
    public static double Critical(Bootstrap bootstrap, IReadOnlyList<IReadOnlyList<double[]>> points)
    {
        var means = bootstrap.Means(points);
        double[] values = [.. points.Select(strata => strata.Average(s => s.Average()))];
        double[] errors = [.. means.Select(Deviation)];
        if (errors.All(e => e <= Rounding))
        {
            return -Normal.InvCDF(0, 1, 0.025 / points.Count);
        }

        var largest = new double[means[0].Length];
        for (var point = 0; point < means.Length; point++)
        {
            for (var r = 0; errors[point] > Rounding && r < largest.Length; r++)
            {
                largest[r] = Math.Max(largest[r], Math.Abs(means[point][r] - values[point]) / errors[point]);
            }
        }

        Array.Sort(largest);
        return Math.Max(Wilson.Z, Percentiles.Of(largest, 0.95));
    }

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }
}
