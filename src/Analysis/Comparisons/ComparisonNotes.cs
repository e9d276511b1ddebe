using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>The footnotes of a comparison.</summary>
internal static class ComparisonNotes
{
    private static readonly string[] BudgetNotes =
    [
        "Equal budget: each arm's share is interpolated between the two N whose mean cost a prompt lies around the "
        + "budget, the judge's part included. The interval counts how costs vary with their prompts. The row of a category, and the mean over categories, sets equal "
        + "what its own prompts cost on average, and not the share of the budget that all prompts together leave it. What an arm needs to "
        + "reach a share has the interval of a bootstrap over prompts and is never less than "
        + "one image: at most so much is what an arm reaches with its first.",
    ];

    /// <summary>What the numbers cannot be read without.</summary>
    public static IEnumerable<string> Of(Comparison comparison)
    {
        if (comparison.First.Arm.Simulated || comparison.Second.Arm.Simulated)
        {
            yield return ReportParts.Simulated;
        }

        if (comparison.Margin is { } margin)
        {
            yield return $"Margin {margin:G3}: equivalent is a 95% interval within it to both sides (two one-sided tests), not worse one "
                + "above minus the margin; their p is that of the margin. Choose it before you look.";
        }

        yield return "The verdict is whether the 95% interval excludes 0; p is that of the test which the interval inverts, "
            + OfTests([.. comparison.Rows.Concat(comparison.ByN.Select(at => at.Row))])
            + ", and below 0.05 if and only if it does. p Holm is adjusted over the categories: look there before a category is "
            + "called better.";
        foreach (var note in comparison.At is ComparisonPoint.Budget ? BudgetNotes : TestNotes(comparison))
        {
            yield return note;
        }

        if (comparison.Labelled.Count > 0)
        {
            yield return "By people's labels: the scorer's mean, corrected by what people say of the labelled prompts beyond it (PPI++, "
                + "Angelopoulos et al. 2023). It takes those prompts as a random sample of all; the verdict above is the scorer's.";
        }

        if (comparison.WorstCase is not null)
        {
            yield return "Missing chains: the bounds take each as worth 0 to one arm and 1 to the other, and have no sampling error in "
                + "them. Where they exclude 0 what is missing cannot reverse the difference.";
        }

        if (comparison.Absent.Count > 0)
        {
            yield return "No row: " + string.Join("; ", comparison.Absent.Select(a => $"{ComparisonFormat.Name(a.Metric)} ({a.Reason})")) + ".";
        }
    }

    /// <summary>The tests of some rows, in words.</summary>
    public static string OfTests(IReadOnlyList<MetricComparison> rows)
    {
        var (score, bootstrap) = (rows.Any(r => r.Score is PairedScore), rows.Any(r => r.Score is StudentisedMean));
        return rows.Any(r => r.Score is AnytimeMean) ? "a mixture of bets that holds at every look at once, however often one looks"
            : !bootstrap ? "Tango's score test with half a prompt's correction"
            : "the studentised bootstrap over prompts"
                + (score ? $", and Tango's score test with half a prompt's correction where fewer than {PairedMean.Few} prompts differ" : "");
    }

    /// <summary>The other notes.</summary>
    public static IEnumerable<string> Further(Comparison comparison)
    {
        var (first, second) = (comparison.First, comparison.Second);
        if (comparison.At is not ComparisonPoint.Budget)
        {
            yield return "exact p decides nothing: exact McNemar test where every prompt is right or wrong, else (and for the "
                + "mean over categories) the paired permutation test.";
        }

        if (comparison.Interaction is not null)
        {
            yield return "Whether the difference depends on the category is tested once (score test of one common difference, "
                + "chi-squared): it names no category, p Holm does.";
        }

        yield return "For prompts like them: the interval counts prompts as drawn from more of their kind, with what their images vary by. "
            + "For these prompts alone it would be narrower where a prompt's outcome hardly varies.";
        yield return $"Attempts at most: A {first.Arm.Strategy.MaxAttempts}, B {second.Arm.Strategy.MaxAttempts}. Equal "
            + "N is not equal cost: images a chain on average, and verdicts of a judge recorded: "
            + $"A {Images(first):0.00} and {Verdicts(first):0.00}, B {Images(second):0.00} and {Verdicts(second):0.00}.";
        if (first.Sweep.Id != second.Sweep.Id)
        {
            yield return $"Sweeps: A {first.Sweep.Sweep} ({first.Sweep.Id}), seed {first.Sweep.Seed}; "
                + $"B {second.Sweep.Sweep} ({second.Sweep.Id}), seed {second.Sweep.Seed}. "
                + "Prompts are paired by their text.";
        }
    }

    private static IEnumerable<string> TestNotes(Comparison comparison)
    {
        yield return comparison.Decisive.Discordant is not null
            ? "b, c: prompts that A alone and that B alone got right."
            : "b, c: prompts that A and that B does better on.";

        if (comparison.ByN is [.., (var last, _)])
        {
            yield return $"By N: the verdict is about N={last}. Before another N is called better look at its p Holm, "
                + $"which is adjusted over the {comparison.ByN.Count} N tested here.";
        }

        if (comparison.Anytime)
        {
            yield break;
        }

        yield return "sees at 80%: the smallest difference that is found in 80% of runs with as many prompts, on which the arms "
            + "differ as often as here, or as often as the difference needs; it does not depend on the difference that was seen."
            + (comparison.Rows.Concat(comparison.ByN.Select(at => at.Row)).Any(r => r.Detectable is null) ? " -: none is, the prompts are too few." : "");
    }

    public static double Images(ComparedArm arm) => arm.Arm.Chains.Average(c => c.Attempts.Count);

    private static double Verdicts(ComparedArm arm) =>
        arm.Arm.Chains.Average(c => c.Attempts.Count(a => a.Verdict is not null));
}
