using MathNet.Numerics.Distributions;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>95% intervals for shares of prompts, and for means of their scores.</summary>
public static class Wilson
{
    /// <summary>The 97.5% point of the normal distribution.</summary>
    internal const double Z = 1.959963984540054;

    /// <summary>
    /// Wilson's score interval (Wilson 1927) for a share of <paramref name="count"/> independent trials, or for a mean of prompts'
    /// means with their <see cref="EffectiveCount"/>.
    /// </summary>
    /// <param name="z">The critical value; that of 95% where it is left out.</param>
    public static Interval Share(double share, double count, double z = Z)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (share is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share lies between 0 and 1.");
        }

        var shrink = 1 + (z * z / count);
        var centre = (share + (z * z / (2 * count))) / shrink;
        var half = z / shrink * Math.Sqrt((share * (1 - share) / count) + (z * z / (4.0 * count * count)));
        return new(Math.Max(0, Math.Min(share, centre - half)), Math.Min(1, Math.Max(share, centre + half)));
    }

    /// <summary>
    /// How many passes and fails say as much as these graded scores do: n m (1 - m) / s², for their mean m and variance s²,
    /// times (z / t)², for Student's t with n - 1 degrees of freedom, as s² is itself of n scores alone. With it Wilson's
    /// interval is one for their mean: the variance is theirs and not the largest that the mean allows, and near 0 and 1 it
    /// stays within (Korn and Graubard 1998 do so for shares with a design effect). Where all are equal nothing is known of
    /// their variance, and it is n.
    /// </summary>
    public static double EffectiveCount(IReadOnlyList<double> scores)
    {
        var (count, mean) = (scores.Count, scores.Average());
        var squares = scores.Sum(s => (s - mean) * (s - mean));
        if (squares < 1e-12)
        {
            return count;
        }

        var t = StudentT.InvCDF(0, 1, count - 1, 0.975);
        return count * mean * (1 - mean) * (count - 1) / squares * (Z / t * (Z / t));
    }

    /// <summary>
    /// Interval for the unweighted mean of independent shares (the mean over categories), from the Wilson interval of
    /// each: variance recovery (Zou and Donner 2008). Unlike a bootstrap it keeps the doubt about a category where
    /// every prompt succeeded.
    /// </summary>
    public static Interval MeanOfShares(IReadOnlyList<(double Share, double Count)> shares, double z = Z)
    {
        ArgumentOutOfRangeException.ThrowIfZero(shares.Count);
        var (mean, below, above) = (0.0, 0.0, 0.0);
        foreach (var (share, count) in shares)
        {
            var (low, high) = Share(share, count, z);
            mean += share;
            below += (share - low) * (share - low);
            above += (high - share) * (high - share);
        }

        var n = shares.Count;
        mean /= n;
        return new(Math.Max(0, mean - (Math.Sqrt(below) / n)), Math.Min(1, mean + (Math.Sqrt(above) / n)));
    }
}
