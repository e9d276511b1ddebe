using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>How far one published run may lie from another by chance.</summary>
public static class NoiseBand
{
    /// <summary>
    /// The Wilson interval of the published share over its prompts, an upper bound as the prompts are fixed. Null where
    /// nothing is published.
    /// </summary>
    public static Interval? Of(PublishedArm arm, int n, Metric metric)
    {
        if (arm.Value(n, metric) is not { } value)
        {
            return null;
        }

        if (metric != Metric.MeanOverCategories)
        {
            return Wilson.Share(value.Value, arm.Prompts.Where(p => metric.Covers(p.Key)).Sum(p => p.Value));
        }

        var categories = arm.Prompts
            .Select(p => (Value: arm.Value(n, new Metric(p.Key, p.Key, p.Key)), Count: p.Value)).ToList();
        return categories.Exists(c => c.Value is null)
            ? null
            : Wilson.MeanOfShares([.. categories.Select(c => (c.Value!.Value, c.Count))]);
    }
}
