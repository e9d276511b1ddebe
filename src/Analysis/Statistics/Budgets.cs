namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>An arm's mean cost and share at 1 to N attempts, as in <see cref="Bootstrap.Means"/>.</summary>
public sealed record BudgetPoints(
    IReadOnlyList<IReadOnlyList<double[]>> Costs, IReadOnlyList<IReadOnlyList<double[]>> Shares);

/// <summary>
/// Arms at equal budget, and the budgets that they need: interpolated on each arm's points (mean cost of k attempts,
/// share at k). A difference of shares has the interval and p of <see cref="PairedMean"/>, budgets have percentile
/// intervals from a bootstrap that draws the same prompts for all arms. Costs are averaged as shares are: over prompts or
/// over categories.
/// </summary>
/// <remarks>
/// An arm was run at the budgets from one attempt to all: what lies outside is known to be at most or at least so much, and an
/// interval has no end to the side where that is so in more than 2.5% of the resamples.
/// </remarks>
public sealed class Budgets
{
    private readonly Bootstrap _bootstrap;
    private readonly IReadOnlyList<BudgetPoints> _points;
    private readonly List<(double[] Costs, double[] Shares)> _arms = [];
    private readonly List<(double[][] Costs, double[][] Shares)> _resampled = [];
    private readonly int _resamples;

    /// <param name="arms">Over the same prompts in all.</param>
    public Budgets(Bootstrap bootstrap, IReadOnlyList<BudgetPoints> arms)
    {
        (_bootstrap, _points) = (bootstrap, arms);
        var means = bootstrap.Means([.. arms.SelectMany(a => a.Costs.Concat(a.Shares))]);
        _resamples = means[0].Length;
        var at = 0;
        foreach (var (costs, shares) in arms)
        {
            if (costs.Count != shares.Count)
            {
                throw new ArgumentException($"{costs.Count} costs and {shares.Count} shares: one of each for each k.");
            }

            double Mean(IReadOnlyList<double[]> strata) => strata.Average(s => s.Average());
            _arms.Add(([.. costs.Select(Mean)], [.. shares.Select(Mean)]));
            _resampled.Add((means[at..(at + costs.Count)], means[(at + costs.Count)..(at + (2 * costs.Count))]));
            at += 2 * costs.Count;
        }
    }

    /// <summary>The budgets at which an arm was run: of one attempt and of all.</summary>
    public Interval Range(int arm) => new(_arms[arm].Costs[0], _arms[arm].Costs[^1]);

    /// <summary>An arm's share for a budget; null outside its range.</summary>
    public double? ShareAt(int arm, double cost) =>
        Line(_arms[arm]).Covers(cost) ? Line(_arms[arm]).ShareAt(cost) : null;

    /// <summary>
    /// The first arm's share minus the second's for a budget; null outside the range of either. What a prompt adds to it
    /// is its share between the two points around the budget, less what its costs move these points by (delta method):
    /// where all prompts cost the same it is the difference of its shares.
    /// </summary>
    public IPairedTest? ShareDifferenceAt(int first, int second, double cost)
    {
        if (!Line(_arms[first]).Covers(cost) || !Line(_arms[second]).Covers(cost))
        {
            return null;
        }

        var others = PromptsAt(second, cost);
        double[][] differences =
        [
            .. PromptsAt(first, cost).Zip(others, (s, other) => s.Zip(other, (a, b) => a - b).ToArray()),
        ];
        return PairedMean.Of(differences, _bootstrap, Math.Max(1, differences.Max(s => s.Max(Math.Abs))));
    }

    /// <summary>The least budget with which an arm reaches a share; null if it never does.</summary>
    public BudgetEstimate? CostOf(int arm, double share) => Bounded(
        Line(_arms[arm]).Reach(share), r => At(arm, r).Reach(share));

    /// <summary>The first arm's budget to reach a share, divided by the second's; null if either never does.</summary>
    public BudgetEstimate? CostRatioOf(int first, int second, double share) => Bounded(
        Line(_arms[first]).Reach(share).Over(Line(_arms[second]).Reach(share)),
        r => At(first, r).Reach(share).Over(At(second, r).Reach(share)));

    /// <summary>[stratum][prompt]: values whose mean is the arm's share at a budget, and that vary as it does.</summary>
    private double[][] PromptsAt(int arm, double cost)
    {
        var ((costs, shares), (means, values)) = (_points[arm], _arms[arm]);
        var last = Array.FindLastIndex(means, c => c <= cost);
        if (last == means.Length - 1)
        {
            return [.. shares[last]];
        }

        var run = means[last + 1] - means[last];
        var (slope, weight) = ((values[last + 1] - values[last]) / run, (cost - means[last]) / run);
        return
        [
            .. shares[last].Select((stratum, s) => stratum.Select((_, p) =>
                Between(shares[last][s][p], shares[last + 1][s][p])
                - (slope * Between(costs[last][s][p] - means[last], costs[last + 1][s][p] - means[last + 1]))).ToArray()),
        ];

        double Between(double low, double high) => low + (weight * (high - low));
    }

    private static BudgetLine Line((double[] Costs, double[] Shares) arm) => new(arm.Costs, arm.Shares);

    /// <summary>An arm's line in a resample.</summary>
    private BudgetLine At(int arm, int resample)
    {
        var (costs, shares) = _resampled[arm];
        return new(Array.ConvertAll(costs, c => c[resample]), Array.ConvertAll(shares, s => s[resample]));
    }

    private BudgetEstimate? Bounded(ReachedBudget reached, Func<int, ReachedBudget> resampled)
    {
        if (!double.IsFinite(reached.Value) || reached.Value == 0)
        {
            return null;
        }

        var values = new ReachedBudget[_resamples];
        Parallel.For(0, _resamples, r => values[r] = resampled(r));

        // An end is known where fewer resamples than lie beyond it are censored to its side.
        var beyond = (int)(0.025 * (_resamples - 1));
        double[] lows = [.. values.Select(v => double.IsNaN(v.Value) ? 0 : v.Value)];
        double[] highs = [.. values.Select(v => double.IsNaN(v.Value) ? double.PositiveInfinity : v.Value)];
        return new(
            reached,
            values.Count(v => v.AtMost) > beyond ? null : Percentiles.Middle95(lows).Low,
            values.Count(v => v.AtLeast) > beyond ? null : Percentiles.Middle95(highs).High);
    }
}
