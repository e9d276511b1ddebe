using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>What chains that are missing could make of a difference, whatever they would have shown.</summary>
internal static class MissingChains
{
    /// <summary>
    /// The difference of the arms' means with every missing chain worth 0 to the first arm and 1 to the second, and the other way
    /// round (worst-case bounds, Manski 1990); null where none is missing.
    /// </summary>
    /// <param name="values">An arm's value for each of its own prompts.</param>
    public static Interval? Bounds(
        ComparedArm first, ComparedArm second, Metric metric, Func<ComparedArm, IReadOnlyList<Rational?>> values)
    {
        if (new[] { first, second }.All(a => a.Arm.Chains.Count >= a.Expected))
        {
            return null;
        }

        var (a, b) = (Of(first, values(first)), Comparison.Aligned(Of(second, values(second)), first, second));
        var both = first.Sweep.Prompts.Where(p => b[p.Index] is not null).ToList();
        List<List<SweepPrompt>> strata = metric == Metric.MeanOverCategories
            ? [.. first.Sweep.Categories.Select(c => both.FindAll(p => p.Stratum == c))]
            : [both.FindAll(p => metric.Covers(p.Stratum))];
        if (strata.Exists(s => s.Count == 0))
        {
            return null;
        }

        double Mean(Func<SweepPrompt, Rational> of) =>
            Rational.Mean([.. strata.Select(s => Rational.Mean([.. s.Select(of)]))]).ToDouble();
        return new(
            Mean(p => a[p.Index]!.Value.Low - b[p.Index]!.Value.High), Mean(p => a[p.Index]!.Value.High - b[p.Index]!.Value.Low));
    }

    /// <summary>The least and the most that each prompt's value can be.</summary>
    private static (Rational Low, Rational High)?[] Of(ComparedArm arm, IReadOnlyList<Rational?> values)
    {
        var chains = arm.Arm.Chains.CountBy(c => c.Prompt).ToDictionary();
        return
        [
            .. values.Select((value, prompt) =>
            {
                var present = value is null ? 0 : chains.GetValueOrDefault(prompt);
                var (all, known) = (arm.Sweep.Replicates, (value ?? default) * present);
                return ((Rational, Rational)?)(known / all, (known + Math.Max(0, all - present)) / all);
            }),
        ];
    }
}
