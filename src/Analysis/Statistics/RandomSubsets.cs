namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// What a run of n independent attempts says of runs of k: the mean over all its subsets of k attempts, in closed form.
/// Unbiased for every k up to n, where the first k attempts alone would waste the others.
/// </summary>
public static class RandomSubsets
{
    /// <summary>
    /// For k = 1 to n (at index k - 1), the mean score of the best attempt of a random subset of k.
    /// </summary>
    /// <param name="scoresBestFirst">The score of each attempt, the selector's favourite first.</param>
    public static double[] Selected(IReadOnlyList<double> scoresBestFirst)
    {
        var n = scoresBestFirst.Count;
        var means = new double[n];
        for (var k = 1; k <= n; k++)
        {
            // The attempt of rank r is the best of a subset that has none before it: C(n-1-r, k-1) of C(n, k).
            var best = (double)k / n;
            for (var r = 0; r <= n - k; r++)
            {
                means[k - 1] += scoresBestFirst[r] * best;
                best *= r < n - 1 ? (double)(n - k - r) / (n - 1 - r) : 0;
            }
        }

        return means;
    }

    /// <summary>
    /// For k = 1 to n (at index k - 1), the mean of the highest score of a random subset of k. Of shares it is pass@k, the
    /// chance that the subset holds an attempt that passes (Chen et al. 2021).
    /// </summary>
    public static double[] Highest(IEnumerable<double> scores) => Selected([.. scores.OrderDescending()]);
}
