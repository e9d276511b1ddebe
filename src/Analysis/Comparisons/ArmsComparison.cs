using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>Several arms of a sweep in one metric, pair by pair, tested together.</summary>
/// <param name="Pairs">Each with p adjusted over all of them (Holm).</param>
public sealed record ArmsComparison(
    SweepResults Sweep, Metric Metric, ComparisonPoint At, IReadOnlyList<(Comparison Comparison, double HolmP)> Pairs)
{
    /// <summary>Pairs that differ, the adjusted p counting all that were tested.</summary>
    public IEnumerable<Comparison> Different => Pairs.Where(p => p.HolmP < Comparison.Alpha).Select(p => p.Comparison);

    /// <param name="pairs">As <see cref="PairsOf"/> gives them.</param>
    /// <param name="prices">Needed for a budget in money alone.</param>
    /// <exception cref="ArgumentException">There is nothing to compare.</exception>
    public static ArmsComparison Of(
        IReadOnlyList<(ComparedArm First, ComparedArm Second)> pairs, Metric metric, ComparisonPoint at, Prices? prices = null)
    {
        var bootstrap = new Bootstrap((ulong)pairs[0].First.Sweep.Seed);
        var comparisons = pairs.Select(p => Comparison.Of(p.First, p.Second, metric, at, prices, bootstrap: bootstrap)).ToList();
        return new(
            pairs[0].First.Sweep, metric, at, [.. comparisons.Zip(Holm.Adjust([.. comparisons.Select(c => c.Decisive.P)]))]);
    }

    /// <summary>Every other arm against one, or each later arm against each before it.</summary>
    /// <exception cref="ArgumentException">The sweep has one arm.</exception>
    public static IReadOnlyList<(ComparedArm First, ComparedArm Second)> PairsOf(SweepResults sweep, ArmResults? baseline)
    {
        var arms = sweep.Arms.Select(a => new ComparedArm(sweep, a)).ToList();
        List<(ComparedArm, ComparedArm)> pairs = baseline is null
            ? [.. arms.SelectMany((second, i) => arms.Skip(i + 1).Select(first => (first, second)))]
            : [.. arms.Where(a => a.Arm != baseline).Select(first => (first, new ComparedArm(sweep, baseline)))];
        return pairs.Count > 0 ? pairs
            : throw new ArgumentException($"Sweep {sweep.Sweep} has one arm: there is nothing to compare it with.");
    }
}
