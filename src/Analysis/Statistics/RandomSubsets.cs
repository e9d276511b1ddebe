namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// What a run of n independent attempts says of runs of k: the mean over all its subsets of k attempts, in closed form.
/// Unbiased for every k up to n, where the first k attempts alone would waste the others.
/// </summary>
public static class RandomSubsets
{
    /// <summary>
    /// For k = 1 to n (at index k - 1), the chance that the best attempt of a random subset of k is correct.
    /// </summary>
    /// <param name="correctBestFirst">Whether each attempt is correct, the selector's favourite first.</param>
    public static double[] Selected(IReadOnlyList<bool> correctBestFirst)
    {
        var n = correctBestFirst.Count;
        var chances = new double[n];
        for (var k = 1; k <= n; k++)
        {
            // The attempt of rank r is the best of a subset that has none before it: C(n-1-r, k-1) of C(n, k).
            var best = (double)k / n;
            for (var r = 0; r <= n - k; r++)
            {
                chances[k - 1] += correctBestFirst[r] ? best : 0;
                best *= r < n - 1 ? (double)(n - k - r) / (n - 1 - r) : 0;
            }
        }

        return chances;
    }

    /// <summary>
    /// pass@k for k = 1 to n (at index k - 1): the chance that a random subset of k attempts holds a correct one
    /// (Chen et al. 2021).
    /// </summary>
    public static double[] Pass(int n, int correct) =>
        Selected([.. Enumerable.Repeat(true, correct), .. Enumerable.Repeat(false, n - correct)]);
}
