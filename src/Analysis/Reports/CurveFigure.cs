using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>What a figure of a sweep's curves shows: the scores of the shown images over N or over a budget.</summary>
/// <param name="Title">Which sweep.</param>
/// <param name="AxisLabel">What the horizontal axis counts.</param>
/// <param name="ValueLabel">What the vertical axis measures.</param>
/// <param name="Complete">Every chain of every arm is there.</param>
public sealed record CurveFigure(
    string Title,
    string Axis,
    string AxisLabel,
    string ValueLabel,
    bool Complete,
    IReadOnlyList<CurveLine> Lines,
    IReadOnlyList<string> Notes)
{
    /// <summary>The axis of N: attempts at most.</summary>
    public const string OverN = "n";

    public static IReadOnlyList<string> Axes { get; } = [OverN, .. BudgetAxes.Names];

    /// <param name="axis">One of <see cref="Axes"/>.</param>
    /// <param name="prices">Needed for money.</param>
    /// <exception cref="ArgumentException">The images are not scored.</exception>
    public static CurveFigure Of(
        SweepResults results, string axis, Prices? prices = null)
    {
        if (results.Scorer is null)
        {
            throw new ArgumentException(results.Unscored);
        }

        var budget = BudgetAxes.Find(axis);
        var measures = new Measures(results);
        var bootstrap = new Bootstrap((ulong)results.Seed);
        var lines = new List<CurveLine>();
        var notes = new List<string>();
        foreach (var (index, arm) in results.Arms.Index())
        {
            var name = measures.Title(index);
            var shown = Curve.Of(arm, results.Prompts.Count);
            var costs = budget is { } on ? Curve.Costs(arm, results.Prompts.Count, shown.Kind, on, prices) : null;
            if (arm.Chains.Count == 0 || (budget is not null && costs is null))
            {
                notes.Add(arm.Chains.Count == 0
                    ? $"{name} has no chain yet, so no line."
                    : $"{name} has no {axis} recorded, and no line on this axis.");
                continue;
            }

            var reference = budget is null ? results.Reference(arm) : null;
            lines.Add(Line(name, LineOf.Shown, shown, costs, results, bootstrap, reference));
            if (!arm.Oracle && Curve.Ceiling(arm, results.Prompts.Count) is { } ceiling)
            {
                lines.Add(Line(name, LineOf.Ceiling, ceiling, costs, results, bootstrap, null));
            }
        }

        return new(
            $"Sweep {results.Sweep} ({results.Id}), seed {results.Seed}, {results.Prompts.Count} prompts, "
            + $"replicates: {results.Replicates}",
            axis,
            budget is { } unit ? $"{unit.Unit(prices)}, mean" : "N: attempts at most",
            results.Graded ? "mean score" : $"share {results.Tables.Words.Pass}",
            measures.Arms.All(a => a.Complete),
            lines,
            [.. notes, .. Remarks(results, lines, budget)]);
    }

    private static IEnumerable<string> Remarks(SweepResults results, List<CurveLine> lines, BudgetAxis? budget)
    {
        if (results.Arms.Any(a => a.Simulated))
        {
            yield return ReportParts.Simulated;
        }

        yield return "Bands hold the whole true curve in 95% of all runs (sup-t, bootstrap over prompts).";
        if (lines.Exists(l => l.Kind is CurveKind.Prefixes))
        {
            yield return "prefixes: the value at N is what each chain would have shown after N attempts; a chain that "
                + "stopped earlier keeps its image, as published.";
        }

        if (lines.Exists(l => l.Kind is CurveKind.RandomSubsets))
        {
            yield return "random subsets: the arm drew all N; the value at k is the mean over all choices of k of "
                + "them. The ceiling is "
                + (results.Graded ? "best@k: the highest score of k attempts."
                    : $"pass@k: any of k attempts is {results.Tables.Words.Pass}.");
        }

        if (budget is not null)
        {
            yield return "The judge's part is included where the unit has one. Published numbers have no cost, and no "
                + "place on this axis.";
        }
    }

    private static CurveLine Line(
        string arm,
        LineOf what,
        Curve curve,
        Curve? costs,
        SweepResults results,
        Bootstrap bootstrap,
        PublishedArm? reference)
    {
        int[] present = [.. Enumerable.Range(0, curve.Values.Count).Where(p => curve.Values[p] is not null)];
        int[][] categories = [.. results.Categories.Select(c => present.Where(p => results.Prompts[p].Stratum == c).ToArray())];
        var overPrompts = SimultaneousBand.SupT(bootstrap, curve.Points([present]));
        var overCategories = categories.Length > 0 && categories.All(c => c.Length > 0)
            ? SimultaneousBand.SupT(bootstrap, curve.Points(categories))
            : null;
        return new(arm, what, curve.Kind, results.Graded,
        [
            .. Enumerable.Range(1, curve.Most).Select(n => new CurvePoint(
                n,
                costs is null ? n : present.Average(p => costs.Values[p]![n - 1]),
                overPrompts[n - 1],
                overCategories?[n - 1],
                reference?.Value(n, Metric.MeanOverPrompts))),
        ]);
    }
}

public enum LineOf
{
    /// <summary>The image that the arm shows.</summary>
    Shown,

    /// <summary>The best of all images: pass@k, or best@k of graded scores.</summary>
    Ceiling,
}

/// <summary>One line of the figure.</summary>
/// <param name="Arm">With SIMULATED, ORACLE or INCOMPLETE where that is so.</param>
/// <param name="Graded">Of scores between 0 and 1.</param>
public sealed record CurveLine(string Arm, LineOf What, CurveKind Kind, bool Graded, IReadOnlyList<CurvePoint> Points)
{
    public string Label => What is LineOf.Ceiling ? $"{Arm}: {(Graded ? "best" : "pass")}@k" : Arm;
}

/// <param name="X">Where the point stands on the axis.</param>
/// <param name="OverPrompts">The mean over prompts with its simultaneous band.</param>
/// <param name="OverCategories">The mean over categories with its band; null where a category has no prompt.</param>
/// <param name="Published">The published mean over prompts at this N, or null.</param>
public sealed record CurvePoint(
    int N, double X, Estimate OverPrompts, Estimate? OverCategories, PublishedValue? Published);
