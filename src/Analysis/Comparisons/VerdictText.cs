using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>The verdict of a comparison in one sentence.</summary>
public static class VerdictText
{
    public static string Of(Comparison comparison)
    {
        var (first, second) = Names(comparison);
        var row = comparison.Decisive;
        var over = $"{P(comparison.P)}{(comparison.Anytime ? " at every look" : "")}, over {row.Prompts} prompts"
            + (row.Metric == Metric.MeanOverPrompts ? ""
                : row.Metric == Metric.MeanOverCategories ? ", mean over categories"
                : $" of {row.Metric.Category}")
            + " and for prompts like them"
            + (comparison.At is ComparisonPoint.Budget budget ? $", at {Budget(budget, comparison.Prices)} each" : "");
        var unequal = string.Concat(Concern.OfDesign(comparison.First, comparison.Second, comparison.At)
            .Select(c => $"; UNEQUAL: {c.Text}"))
            + Look(comparison)
            + (comparison.WorstCase is { } worst
                ? $"; were every missing chain against {first} or for it: {Numbers.Signed(worst.Low)} to {Numbers.Signed(worst.High)}"
                : "");
        var difference = $"{first} minus {second} is {Numbers.Signed(row.Difference)} "
            + $"(95% {Numbers.Signed(row.Interval.Low)} to {Numbers.Signed(row.Interval.High)}), {over}";
        if (comparison.Outcome is Outcome.Equivalent or Outcome.NotWorse)
        {
            return (comparison.Outcome is Outcome.Equivalent ? $"equivalent within {comparison.Margin:G3}: " : $"not worse by {comparison.Margin:G3}: ")
                + difference + unequal;
        }

        if (comparison.Outcome is Outcome.Inconclusive)
        {
            return $"inconclusive: {difference}"
                + (comparison.At is ComparisonPoint.Budget || comparison.Anytime ? ""
                    : row.Detectable is { } detectable
                        ? $"; this design sees differences of {Numbers.Share(detectable)} or more with 80% power"
                        : "; with so few prompts no difference can be seen with 80% power")
                + unequal;
        }

        var (word, low, high) = comparison.Outcome is Outcome.Better
            ? ("better", row.Interval.Low, row.Interval.High)
            : ("worse", -row.Interval.High, -row.Interval.Low);
        return $"{first} is {word} than {second} by {Numbers.Share(Math.Abs(row.Difference))} "
            + $"(95% {Numbers.Share(low)} to {Numbers.Share(high)}), {over}{unequal}";
    }

    /// <summary>What each arm needs for the share that both reach, in one sentence; null where that is not asked.</summary>
    public static string? OfReached(Comparison comparison)
    {
        if (comparison is not { At: ComparisonPoint.Budget budget, Reached: { } reached })
        {
            return null;
        }

        var (first, second) = Names(comparison);
        return $"To reach {Numbers.Share(reached.Share)}, {first} needs {Bounded(reached.First)} and {second} "
            + $"{Bounded(reached.Second)} {budget.Axis.Unit(comparison.Prices)}: {Bounded(reached.Ratio)} times as much";
    }

    /// <summary>What people's labels make of the difference, in one sentence; null without labels.</summary>
    public static string? OfLabels(Comparison comparison)
    {
        if (comparison.Labelled.Count == 0)
        {
            return null;
        }

        var (first, second) = Names(comparison);
        return comparison.Labelled.FirstOrDefault(l => l.Metric == comparison.Metric) is not { } row
            ? "By people's labels: too few of what the verdict is about"
            : $"By people's labels of {row.Difference.Labelled} of {row.Difference.Prompts} prompts (prediction-powered), {first} minus "
                + $"{second} is {Numbers.Signed(row.Difference.Value)} (95% {Numbers.Signed(row.Difference.Interval.Low)} to "
                + $"{Numbers.Signed(row.Difference.Interval.High)})";
    }

    /// <summary>The arms' names, with N where they are looked at differently from their own.</summary>
    internal static (string First, string Second) Names(Comparison comparison)
    {
        var (first, second, at) = (comparison.First, comparison.Second, comparison.At);
        return (Name(first, second, at), Name(second, first, at));
    }

    private static string Bounded(BudgetEstimate estimate)
    {
        var (value, atMost, atLeast) = estimate.Reached;
        var known = $"{(atMost ? "at most " : atLeast ? "at least " : "")}{value:G3}";
        return (estimate.Low, estimate.High) switch
        {
            (null, null) => known,
            ({ } low, { } high) when low == high => known,
            (null, { } high) when high == value => known,
            ({ } low, null) when low == value => known,
            var (low, high) => $"{known} (95% {(low is { } from ? $"{from:G3}" : "less than was run")} to "
                + $"{(high is { } to ? $"{to:G3}" : "more than was run")})",
        };
    }

    /// <summary>An ordinary p of an unfinished sweep holds for one look alone.</summary>
    private static string Look(Comparison comparison)
    {
        var arm = new[] { comparison.First, comparison.Second }.MinBy(a => (double)a.Arm.Chains.Count / a.Expected)!;
        return comparison.Anytime || arm.Arm.Chains.Count >= arm.Expected ? ""
            : $"; one look at {arm.Arm.Chains.Count} of {arm.Expected} chains; valid only if planned (else --anytime)";
    }

    private static string Budget(ComparisonPoint.Budget budget, Prices? prices) =>
        $"{budget.Cost:G6} {budget.Axis.Unit(prices)}";

    /// <summary>"p = 0.0123"; never zero, which no p is.</summary>
    internal static string P(double p) => p < 0.0001 ? "p < 0.0001" : $"p = {p:0.0000}";

    private static string Name(ComparedArm arm, ComparedArm other, ComparisonPoint at) => arm.Name(other)
        + (Comparison.AttemptsOf(arm, at) is { } n && n != arm.Arm.Strategy.MaxAttempts ? $" at N={n}" : "");
}
