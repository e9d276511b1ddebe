namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// Holm's step-down adjustment (Holm 1979) for several tests at once, across categories or across N: the chance of
/// any false finding among them stays below the level, however they depend on each other.
/// </summary>
public static class Holm
{
    /// <summary>The adjusted p values, in the order given.</summary>
    public static double[] Adjust(IReadOnlyList<double> p)
    {
        var adjusted = new double[p.Count];
        var largest = 0.0;
        foreach (var (index, rank) in Enumerable.Range(0, p.Count).OrderBy(i => p[i]).Select((i, rank) => (i, rank)))
        {
            if (p[index] is not (>= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(p), p[index], "A p value lies between 0 and 1.");
            }

            largest = Math.Max(largest, Math.Min(1, (p.Count - rank) * p[index]));
            adjusted[index] = largest;
        }

        return adjusted;
    }
}
