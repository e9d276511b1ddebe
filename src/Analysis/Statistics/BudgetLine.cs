namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// An arm's accuracy over its budget: straight between its points (mean cost of k attempts, share at k).
/// </summary>
/// <param name="costs">Never falling.</param>
internal readonly ref struct BudgetLine(ReadOnlySpan<double> costs, ReadOnlySpan<double> shares)
{
    private readonly ReadOnlySpan<double> _costs = costs;
    private readonly ReadOnlySpan<double> _shares = shares;

    /// <summary>Whether the arm was run at this budget: neither less than one attempt nor more than all.</summary>
    public bool Covers(double cost) => cost >= _costs[0] && cost <= _costs[^1];

    /// <summary>The share for a budget; outside the line, that of its nearest end.</summary>
    public double ShareAt(double cost)
    {
        if (cost < _costs[0])
        {
            return _shares[0];
        }

        var last = _costs.Length - 1;
        while (_costs[last] > cost)
        {
            last--;
        }

        return last == _costs.Length - 1
            ? _shares[last]
            : Between(cost, _costs[last], _costs[last + 1], _shares[last], _shares[last + 1]);
    }

    /// <summary>The least budget for a share: at most that of one attempt if one reaches it, infinite if none does.</summary>
    public ReachedBudget Reach(double share)
    {
        for (var i = 0; i < _shares.Length; i++)
        {
            if (_shares[i] >= share)
            {
                return i == 0
                    ? new(_costs[0], AtMost: true, AtLeast: false)
                    : new(Between(share, _shares[i - 1], _shares[i], _costs[i - 1], _costs[i]), false, false);
            }
        }

        return new(double.PositiveInfinity, AtMost: false, AtLeast: true);
    }

    private static double Between(double at, double low, double high, double first, double second) =>
        first + ((at - low) / (high - low) * (second - first));
}
