using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>Two arms at the same mean cost a prompt, interpolated between N on each arm's own curve.</summary>
internal sealed class BudgetComparison
{
    private readonly ComparedArm _first;
    private readonly ComparedArm _second;
    private readonly ComparisonPoint.Budget _budget;
    private readonly Prices? _prices;
    private readonly (Curve Costs, Curve Shares)[] _arms;
    private readonly Bootstrap _bootstrap;

    public BudgetComparison(ComparedArm first, ComparedArm second, ComparisonPoint.Budget budget, Prices? prices, Bootstrap bootstrap)
    {
        (_first, _second, _budget, _prices) = (first, second, budget, prices);
        var (costs, shares) = Curves(second);
        _arms =
        [
            Curves(first),
            (Aligned(costs), Aligned(shares)),
        ];
        _bootstrap = bootstrap;

        Curve Aligned(Curve curve) => new(curve.Arm, curve.Kind, curve.Most, Comparison.Aligned(curve.Exact, first, second));
    }

    public Comparison Compare(Metric metric)
    {
        var absent = new List<(Metric, string)>();
        var rows = _first.Sweep.Metrics.Select(m => Row(m, absent)).ToList();
        return new(
            _first, _second, metric, _budget, Comparison.Tested([.. rows.Select(r => r?.Row).OfType<MetricComparison>()]), [])
        {
            Absent = absent,
            Reached = rows.Find(r => r?.Row.Metric == metric) is var (row, budgets) ? Reached(row, budgets) : null,
        };
    }

    private (Curve Costs, Curve Shares) Curves(ComparedArm arm)
    {
        var shares = Curve.Of(arm.Arm, arm.Sweep.Prompts.Count);
        var costs = Curve.Costs(arm.Arm, arm.Sweep.Prompts.Count, shares.Kind, _budget.Axis, _prices);
        return (costs ?? throw new ArgumentException(
            $"{arm.Arm.Label} has no {_budget.Axis.Name()} recorded: it has no place on that axis."), shares);
    }

    private (MetricComparison Row, Budgets Budgets)? Row(Metric metric, List<(Metric, string)> absent)
    {
        int[] Present(Func<string, bool> covers) =>
        [
            .. _first.Sweep.Prompts
                .Where(p => covers(p.Stratum) && _arms.All(a => a.Shares.Values[p.Index] is not null))
                .Select(p => p.Index),
        ];
        int[][] strata = metric == Metric.MeanOverCategories
            ? [.. _first.Sweep.Categories.Select(c => Present(tag => tag == c))]
            : [Present(metric.Covers)];
        if (strata.Any(s => s.Length == 0))
        {
            absent.Add((metric, "no prompt that both arms have"));
            return null;
        }

        var budgets = new Budgets(
            _bootstrap, [.. _arms.Select(a => new BudgetPoints(a.Costs.Points(strata), a.Shares.Points(strata)))]);
        if (budgets.ShareDifferenceAt(0, 1, _budget.Cost) is not { } difference)
        {
            var range = $"{_first.Arm.Label} was run at {Range(budgets, 0)}, {_second.Arm.Label} at {Range(budgets, 1)}";
            if (metric == Metric.MeanOverPrompts)
            {
                throw new ArgumentException(
                    $"{_budget.Cost} {_budget.Axis.Unit(_prices)}: {range}. Choose a budget within both.");
            }

            absent.Add((metric, range)); // A category can leave the range that all prompts have.
            return null;
        }

        var row = new MetricComparison(
            metric,
            strata.Sum(s => s.Length),
            budgets.ShareAt(0, _budget.Cost)!.Value,
            budgets.ShareAt(1, _budget.Cost)!.Value,
            difference.Interval,
            difference.P,
            null,
            null,
            null,
            null,
            null)
        {
            Score = difference,
        };
        return (row, budgets);
    }

    private static ReachedShare? Reached(MetricComparison row, Budgets budgets)
    {
        var share = Math.Min(row.First, row.Second);
        return (budgets.CostOf(0, share), budgets.CostOf(1, share), budgets.CostRatioOf(0, 1, share))
            is ({ } first, { } second, { } ratio)
            ? new(share, first, second, ratio)
            : null;
    }

    private static string Range(Budgets budgets, int arm) =>
        $"{budgets.Range(arm).Low:G4} to {budgets.Range(arm).High:G4}";
}
