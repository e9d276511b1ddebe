using System.Numerics;

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
    public static Rational[] Selected(IReadOnlyList<double> scoresBestFirst)
    {
        var n = scoresBestFirst.Count;
        Rational[] scores = [.. scoresBestFirst.Select(s => (Rational)s)];

        // Powers of 2, as every double is a fraction of one: the largest is common to all.
        var common = scores.Select(s => s.Denominator).DefaultIfEmpty(BigInteger.One).Max();
        BigInteger[] parts = [.. scores.Select(s => s.Numerator * (common / s.Denominator))];
        var means = new Rational[n];
        var all = BigInteger.One;
        for (var k = 1; k <= n; k++)
        {
            // The attempt of rank r is the best of a subset that has none before it: C(n-1-r, k-1) of C(n, k).
            all = all * (n - k + 1) / k;
            var (sum, best) = (BigInteger.Zero, all * k / n);
            for (var r = 0; r <= n - k; r++)
            {
                sum += parts[r] * best;
                best = r < n - 1 ? best * (n - k - r) / (n - 1 - r) : 0;
            }

            means[k - 1] = new(sum, all * common);
        }

        return means;
    }

    /// <summary>
    /// For k = 1 to n (at index k - 1), the mean of the highest score of a random subset of k. Of shares it is pass@k, the
    /// chance that the subset holds an attempt that passes (Chen et al. 2021).
    /// </summary>
    public static Rational[] Highest(IEnumerable<double> scores) => Selected([.. scores.OrderDescending()]);
}
