using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Tests.Comparisons;

/// <summary>The two arms that comparisons are tested with: 32 prompts gained and 1 lost.</summary>
internal static class Compared
{
    public static readonly ComparisonPoint Whole = new ComparisonPoint.Whole();
    public static readonly ComparedArm Reflecting = new(Sweeps.Two, Sweeps.ReflectDit);
    public static readonly ComparedArm Best = new(Sweeps.Two, Sweeps.Sana);

    public static Comparison Compare(ComparedArm first, ComparedArm second, Metric? metric = null, string? at = null) =>
        Comparison.Of(first, second, metric ?? Metric.MeanOverPrompts, at is null ? Whole : ComparisonPoint.Parse(at));
}
