namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// A 95% band for a whole curve: it holds the true curve at all its points at once, which intervals taken point by
/// point do not.
/// </summary>
public static class SimultaneousBand
{
    /// <summary>
    /// Sup-t band (Montiel Olea and Plagborg-Møller 2019): each estimate plus and minus its standard error times the
    /// 95% point of the largest deviation over the curve, both from a bootstrap over prompts.
    /// </summary>
    /// <param name="points">One statistic for each point of the curve, as in <see cref="Bootstrap.Means"/>.</param>
    public static Estimate[] SupT(Bootstrap bootstrap, IReadOnlyList<IReadOnlyList<double[]>> points)
    {
        var means = bootstrap.Means(points);
        double[] values = [.. points.Select(strata => strata.Average(s => s.Average()))];
        double[] errors = [.. means.Select(Deviation)];
        var largest = new double[means[0].Length];
        for (var point = 0; point < means.Length; point++)
        {
            // A point where all prompts agree deviates nowhere.
            for (var r = 0; errors[point] > 1e-12 && r < largest.Length; r++)
            {
                largest[r] = Math.Max(largest[r], Math.Abs(means[point][r] - values[point]) / errors[point]);
            }
        }

        Array.Sort(largest);
        var critical = Percentiles.Of(largest, 0.95);
        return [.. values.Zip(errors, (v, e) => new Estimate(v, new(v - (critical * e), v + (critical * e))))];
    }

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }
}
