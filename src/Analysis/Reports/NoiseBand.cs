using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>How far two runs may lie from each other by chance: the published one and ours.</summary>
public static class NoiseBand
{
    /// <summary>
    /// Whether the 95% interval of the difference of two independent runs holds 0 (Newcombe 1998, method 10, from the interval
    /// of each): an upper bound, as both are about the same prompts. Null where nothing is published.
    /// </summary>
    public static bool? Holds(PublishedArm arm, int n, Metric metric, Measurement ours)
    {
        if (Of(arm, n, metric) is not { } band)
        {
            return null;
        }

        var published = arm.Value(n, metric)!.Value;
        var (difference, own) = (ours.Value - published, ours.Interval);
        return difference >= 0
            ? difference <= Math.Sqrt(Square(ours.Value - own.Low) + Square(band.High - published))
            : -difference <= Math.Sqrt(Square(own.High - ours.Value) + Square(published - band.Low));

        static double Square(double x) => x * x;
    }

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
