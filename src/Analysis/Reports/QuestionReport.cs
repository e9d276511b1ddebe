using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>
/// What answerers say by category of question, of the images that chains show: the share of yes over all questions of a
/// category, not a mean of prompts.
/// </summary>
public static class QuestionReport
{
    public const string Layout = "questions";

    /// <exception cref="ArgumentException">No questions were asked about the images.</exception>
    public static Report Build(SweepResults results)
    {
        if (results.Arms.All(a => a.Parts.Count == 0))
        {
            throw new ArgumentException($"The images of sweep {results.Sweep} are scored without questions, or not yet: there is nothing to show by category.");
        }

        var measures = new Measures(results);
        List<string> categories = [.. results.Arms.SelectMany(a => a.Parts).Select(p => p.Category).Distinct()];
        return ReportParts.Assemble(
            Layout,
            "Questions by category",
            results,
            measures,
            [.. results.Arms.Select((a, i) => $"{measures.Title(i)}\nN={a.Strategy.MaxAttempts}")],
            [new("Share of yes over all questions", [.. categories.Select(category => new Row(
                RowKind.Arm, category, [.. results.Arms.Select((arm, i) => Cell(arm, measures.Arms[i], category))]))])],
            ["95% intervals: Wilson's, with the number of independent questions that would vary as those of the prompts do together."],
            []);
    }

    private static Cell? Cell(ArmResults arm, ArmSummary summary, string category)
    {
        List<AnsweredPart> parts = [.. arm.Parts.Where(p => p.Category == category)];
        if (parts.Sum(p => p.All) == 0)
        {
            return null;
        }

        double all = parts.Sum(p => p.All);
        var share = parts.Sum(p => p.Holds) / all;
        return new(summary.Name, summary.N, new Metric(category, category, category), null)
        {
            Measured = new(share, Wilson.Share(share, Effective(parts, share, all)), parts.Count, parts.Count, "wilson-of-clusters"),
            Complete = summary.Complete,
        };
    }

    /// <summary>As many questions as, asked each alone, would leave the share as uncertain as those of so many prompts do.</summary>
    private static double Effective(List<AnsweredPart> parts, double share, double all)
    {
        var spread = parts.Sum(p => Math.Pow(p.Holds - (share * p.All), 2));
        var variance = parts.Count < 2 ? 0 : parts.Count / (parts.Count - 1.0) * spread / (all * all);
        return variance <= 0 ? parts.Count : Math.Clamp(share * (1 - share) / variance, 1, all);
    }
}
