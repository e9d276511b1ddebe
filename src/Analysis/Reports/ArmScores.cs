using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>An arm with all its attempts in every metric that can be measured, with intervals.</summary>
public static class ArmScores
{
    /// <param name="arm">Index into the sweep's arms.</param>
    public static IReadOnlyList<(Metric Metric, Measurement Measured)> Of(SweepResults results, int arm)
    {
        var measures = new Measures(results);
        return
        [
            .. results.Metrics.Select(m => (m, measures.Arm(arm, results.Arms[arm].Strategy.MaxAttempts, m).Measured))
                .Where(m => m.Measured is not null).Select(m => (m.m, m.Measured!)),
        ];
    }
}
