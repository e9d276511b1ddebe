using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>An arm with all its attempts in each metric of the benchmark.</summary>
/// <param name="Cells">Null where the metric cannot be measured.</param>
public sealed record ArmTable(ArmResults Arm, IReadOnlyList<(Metric Metric, Measurement? Measured, PublishedValue? Published)> Cells)
{
    public static IReadOnlyList<ArmTable> Of(SweepResults results) =>
    [
        .. results.Arms.Select((arm, index) =>
        {
            var measured = results.Scorer is null || arm.Chains.Count == 0
                ? [] : ArmScores.Of(results, index).ToDictionary(m => m.Metric, m => m.Measured);
            return new ArmTable(
                arm,
                [.. results.Metrics.Select(m =>
                    (m, measured.GetValueOrDefault(m), results.Reference(arm)?.Value(arm.Strategy.MaxAttempts, m)))]);
        }),
    ];
}

/// <summary>What is to be said of the arms of a sweep.</summary>
/// <param name="Sentences">The verdict, or why there is none.</param>
/// <param name="Warnings">What speaks against the comparison.</param>
/// <param name="Pairs">Each pair, in every metric; none without a verdict.</param>
public sealed record ArmsVerdict(
    IReadOnlyList<string> Sentences, IReadOnlyList<string> Warnings, IReadOnlyList<Comparison> Pairs)
{
    public static ArmsVerdict Of(SweepResults results)
    {
        if (results.Scorer is null || results.Arms.Count < 2 || results.Arms.Any(a => a.Chains.Count == 0))
        {
            var why = results.Scorer is null ? results.Unscored
                : results.Arms.Count < 2 ? "The sweep has one arm: there is nothing to compare it with."
                : "No verdict yet: an arm has no finished chain.";
            return new([why], [], []);
        }

        var pairs = ArmsComparison.PairsOf(results, baseline: null);
        var most = results.Arms.Select(a => a.Strategy.MaxAttempts).ToList();
        ComparisonPoint at = most.Distinct().Count() == 1 ? new ComparisonPoint.Whole() : new ComparisonPoint.Attempts(most.Min());
        try
        {
            var arms = ArmsComparison.Of(pairs, Metric.MeanOverPrompts, at);
            var concerns = pairs.SelectMany(p => Concern.Of(p.First, p.Second, at)).DistinctBy(c => c.Text).Select(c => c.Text);
            var comparisons = arms.Pairs.Select(p => p.Comparison).ToList();
            return new(
                comparisons is [var one] ? [VerdictText.Of(one)] : [.. ArmsComparisonFormat.Verdicts(arms)], [.. concerns], comparisons);
        }
        catch (ArgumentException e)
        {
            return new([e.Message], [], []);
        }
    }
}

/// <summary>Two arms at some N.</summary>
/// <param name="Sentence">The verdict, or why there is none.</param>
public sealed record PairVerdict(string Sentence, IReadOnlyList<string> Warnings, MetricComparison? Row)
{
    public static PairVerdict Of(SweepResults results, int first, int second, int? n, string? category)
    {
        var (a, b) = (new ComparedArm(results, results.Arms[first]), new ComparedArm(results, results.Arms[second]));
        ComparisonPoint at = n is { } attempts ? new ComparisonPoint.Attempts(attempts) : new ComparisonPoint.Whole();
        var metric = results.Metrics.FirstOrDefault(m => m.Category is not null && m.Category == category) ?? Metric.MeanOverPrompts;
        try
        {
            var comparison = Comparison.Of(a, b, metric, at);
            return Said(VerdictText.Of(comparison), Concern.Of(a, b, at), comparison.Decisive);
        }
        catch (ArgumentException e)
        {
            return new(e.Message, [], null);
        }

        // What the sentence says itself is not said twice.
        static PairVerdict Said(string sentence, IReadOnlyList<Concern> concerns, MetricComparison row) => new(
            sentence, [.. concerns.Select(c => c.Text).Where(t => !sentence.Contains(t, StringComparison.Ordinal))], row);
    }
}
