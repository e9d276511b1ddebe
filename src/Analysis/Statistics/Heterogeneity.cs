using MathNet.Numerics.Distributions;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// The interaction of arms and categories: is the mean paired difference the same in all groups? The score test of that: each
/// group's distance from a common difference, in the variance that <see cref="PairedScore"/> takes for it (Tango's, of passes
/// and fails), at the common difference that all together are nearest to. The sum of their squares is chi-squared with a degree
/// of freedom less than there are groups.
/// </summary>
/// <remarks>
/// Cochran's Q (1954) with variances under the hypothesis: with those of the groups themselves, one in which all prompts agree
/// would have none and weigh all.
/// </remarks>
/// <param name="Common">The difference that all groups together are nearest to.</param>
public sealed record Heterogeneity(double Q, int DegreesOfFreedom, double P, double Common)
{
    private const int Grid = 16;
    private const int Steps = 24;

    /// <param name="strata">A difference for each prompt, from -1 to 1, in at least two groups; none is empty.</param>
    public static Heterogeneity Of(IReadOnlyList<double[]> strata)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(strata.Count, 2);
        var groups = strata.Select(s => (Mean: s.Average(), Test: new PairedScore([s]))).ToList();
        var (least, most) = (groups.Min(g => g.Mean), groups.Max(g => g.Mean));
        double Q(double common) => groups.Sum(g => g.Mean == common ? 0 : Math.Pow(g.Mean - common, 2) / g.Test.VarianceFor(common));

        // The nearest of a grid, and then between its neighbours (golden section).
        var at = Enumerable.Range(0, Grid + 1).Select(i => least + (i * (most - least) / Grid)).MinBy(Q);
        var (low, high) = (Math.Max(least, at - ((most - least) / Grid)), Math.Min(most, at + ((most - least) / Grid)));
        var golden = (Math.Sqrt(5) - 1) / 2;
        for (var step = 0; step < Steps; step++)
        {
            var (a, b) = (high - (golden * (high - low)), low + (golden * (high - low)));
            (low, high) = Q(a) < Q(b) ? (low, b) : (a, high);
        }

        var common = (low + high) / 2;
        var q = Math.Min(Q(common), Q(at));
        return new(q, strata.Count - 1, q <= 0 ? 1 : 1 - ChiSquared.CDF(strata.Count - 1, q), common);
    }
}
