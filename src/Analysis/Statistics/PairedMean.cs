namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>Which test a mean paired difference gets, by what the differences are.</summary>
public static class PairedMean
{
    /// <summary>Below so many differing prompts the bootstrap knows too little of those that were not seen.</summary>
    public const double Few = 10;

    /// <summary>
    /// Of passes and fails <see cref="PairedScore"/>; of means (scores, replicates, budgets) <see cref="StudentisedMean"/>, and
    /// where fewer than <see cref="Few"/> prompts differ <see cref="PairedScore"/> once more, whose interval never is without width.
    /// </summary>
    /// <param name="strata">A difference for each prompt, in the groups whose means are averaged.</param>
    /// <param name="most">The largest difference possible, to either side.</param>
    public static IPairedTest Of(IReadOnlyList<double[]> strata, Bootstrap bootstrap, double most = 1) =>
        strata.All(s => s.All(d => d is -1 or 0 or 1)) || strata.Any(s => s.Length < 2) || IsFew(strata)
            ? new PairedScore(strata, most)
            : new StudentisedMean(strata, bootstrap, most);

    /// <summary>Whether fewer than <see cref="Few"/> differ, but for rounding.</summary>
    public static bool IsFew(IReadOnlyList<double[]> strata) => Differing(strata) < Few - 1e-9;

    /// <summary>
    /// As how many prompts that differ from their group's median by equally much the differences are: (sum)² over the sum of
    /// squares. Of few large ones among many small ones it is few.
    /// </summary>
    public static double Differing(IReadOnlyList<double[]> strata)
    {
        double[] sizes = [.. strata.SelectMany(s =>
        {
            var median = Median(s);
            return s.Select(d => Math.Abs(d - median) / s.Length);
        })];
        var (sum, squares) = (sizes.Sum(), sizes.Sum(d => d * d));
        return sum < 1e-9 ? 0 : sum * sum / squares;
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
