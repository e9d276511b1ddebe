using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>Head and foot of every layout.</summary>
internal static class ReportParts
{
    /// <summary>What must stand below every table with a simulated number.</summary>
    public const string Simulated = "SIMULATED: numbers of simulated models are no evidence about the networks.";

    private const int MissingPartsShown = 20;

    public static Report Assemble(
        string layout,
        string title,
        SweepResults results,
        Measures measures,
        IReadOnlyList<string> columns,
        IReadOnlyList<Section> sections,
        IReadOnlyList<string> notes,
        IReadOnlyList<string> details) =>
        new(
            layout,
            title,
            results.Sweep,
            results.Id,
            results.Seed,
            results.Replicates,
            results.Prompts.Count,
            measures.Arms,
            columns,
            [.. sections.Where(s => s.Rows.Count > 0)],
            [.. PartNote(results), .. measures.Arms.Where(a => !a.Complete).Select(a => Incomplete(a, results))],
            [.. ArmNotes(measures.Arms, results), .. notes],
            details);

    /// <summary>Footnotes of the published rows.</summary>
    public static IEnumerable<string> PublishedNotes(IReadOnlyList<PublishedTable> tables) =>
        tables.SelectMany(t => t.Notes.Concat(t.Rows.Where(r => r.Note is not null).Select(RowNote)));

    /// <summary>Null for one chain a prompt, of which nothing is to be said.</summary>
    public static string? Replicates(SweepResults results) => results.Replicates == 1
        ? null
        : $"{results.Replicates} replicates: a prompt's value is the mean of its replicates, and intervals count prompts, not chains: "
            + "Wilson's with the number of passes and fails that would vary as these means do.";

    private static string RowNote(PublishedRow row) => $"Row {row.Label}: {row.Note}";

    private static IEnumerable<string> PartNote(SweepResults results) => results.PartOf is { } part
        ? [$"A part of the sweep, as asked for: {results.Prompts.Count} of {part.Prompts} prompts, by {part.By}."]
        : [];

    private static string Incomplete(ArmSummary arm, SweepResults results)
    {
        var expected = results.Prompts.Count * results.Replicates;
        var which = Numbers.Ranges(arm.Missing.Select(m => results.Prompts[m.Prompt].Index).Distinct(), MissingPartsShown);
        return $"INCOMPLETE: {arm.Name} has {arm.Chains} of {expected} chains ({arm.WhyMissing}). "
            + $"Its numbers are about the chains present. Chains are missing at prompts (from 0): {which}.";
    }

    private static IEnumerable<string> ArmNotes(IReadOnlyList<ArmSummary> arms, SweepResults results)
    {
        if (arms.Any(a => a.Simulated))
        {
            yield return "SIMULATED: generator and judge are simulated models, fitted to published numbers. Such a row "
                + "shows that the harness works; it is no evidence about the networks.";
        }

        if (arms.Any(a => a.Imported is not null))
        {
            yield return "IMPORTED: the arm was run and scored elsewhere; this program read its results.";
        }

        if (arms.Any(a => a.Leaked))
        {
            yield return "ORACLE: leaked: the generator had the scorer's words in its context where the judge said "
                + "something else, as in a run resumed with the released --cont. The arm knew what it must not know.";
        }

        if (arms.Any(a => a.Oracle && !a.Leaked))
        {
            yield return "ORACLE: a decision of the arm uses the scorer's verdict: a ceiling, not a method.";
        }

        if (arms.Any(a => a.SelfScored))
        {
            yield return "SELF-SCORED: the judge that the arm chooses by is also the scorer, so that the score is of what the "
                + "judge likes: not an independent measure, and too high. Score with another judge.";
        }

        if (arms.Any(a => a.OtherAnswerer))
        {
            yield return $"OTHER ANSWERER: the published numbers are by the answers of {results.Tables.PublishedScorer}, the arm's by those of "
                + "another model: a difference between the two is one of answerers too.";
        }

        if (arms.Any(a => a.ContextBy is not null))
        {
            yield return "BY EDIT, BY REWRITE: the generator knows no context; past images were edited, or the prompt was written anew from what "
                + "was said of them.";
        }

        var images = arms.Where(a => a.Chains > 0).Select(a => $"{a.Name} {a.Images:F2}");
        yield return $"Images a chain on average: {string.Join("; ", images)}. "
            + "What the judge's calls cost is not in this table.";
    }

    /// <summary>Footnotes of a layout that sets the sweep's numbers beside published ones.</summary>
    public static IEnumerable<string> StatisticsNotes(
        IReadOnlyList<Row> rows, SweepResults results, Measures measures)
    {
        var several = results.Categories.Count > 1;
        yield return "95% intervals. "
            + (results.Graded
                ? "Mean of scores: Wilson's interval with the number of passes and fails that would vary as the scores do. "
                : "Share of prompts: Wilson's score interval. ")
            + (several
                ? "Mean over categories: variance recovery from the "
                    + $"{Numbers.Word(results.Categories.Count)} Wilson intervals. "
                : "")
            + "Difference between arms: the interval of 'reflectdit compare'.";
        if (Replicates(results) is { } replicates)
        {
            yield return replicates;
        }

        var cells = rows.SelectMany(r => r.Cells).OfType<Cell>().ToList();
        if (cells.Exists(c => c.Published?.Text.StartsWith('~') == true))
        {
            yield return "~ marks a mean that is calculated from the published categories and not itself published.";
        }

        if (rows.Where(r => r.Kind is not RowKind.Published).SelectMany(r => r.Cells).Any(c => c is { Measured: null }))
        {
            yield return "-: no prompt of the column has a finished chain, or of one of the categories that its mean is over.";
        }

        if (cells.Exists(c => c.InNoiseBand is not null))
        {
            yield return "in, OUT: ours and the published number differ by no more, or by more, than two runs do in 95% of all cases "
                + "(Newcombe's interval of the difference, from Wilson's of each; an upper bound as the prompts are fixed).";
        }

        if (!measures.Comparable(Metric.MeanOverPrompts))
        {
            yield return $"{(results.PartOf is null ? "The sweep" : "This part")} has {results.Prompts.Count} prompts, the published numbers are about "
                + $"{results.Tables.Published.Count(Metric.MeanOverPrompts)}: a difference is shown for whole categories only.";
        }
    }
}
