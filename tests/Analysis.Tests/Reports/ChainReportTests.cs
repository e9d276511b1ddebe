using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Analysis.Tests.Reports.Sweeps;

namespace ReflectDiT.Eval.Analysis.Tests.Reports;

/// <summary>Prompts 0 and 1 are single objects, 80 and 81 are two objects.</summary>
public sealed class ChainReportTests
{
    private static readonly SweepResults Small = Of(
        new ArmResults(
            "reflecting", true, null, new Reflection(3, 3, ReflectionQuirks.Paper),
            [
                Chain(0, 0, Attempt("+C")),
                Chain(1, 1, Attempt("-C"), Attempt("+")),
                Chain(80, 2, Attempt("-"), Attempt("-"), Attempt("-")),
                Chain(81, 0, Attempt("+")),
            ],
            0, 0),
        new ArmResults(
            "best-of-2", true, null, new BestOfN(2, Selector.JudgeScore),
            [Chain(0, 0, Attempt("+", 0.9), Attempt("+C", 0.8))], 0, 0));

    private static readonly Report Judge = Table(Small, ChainReport.Judge);
    private static readonly Report Chains = Table(Small, ChainReport.Chains);

    [Fact]
    public void Judge_is_set_against_the_scorer_in_all_images_by_category_and_by_attempt()
    {
        Assert.Equal(
            ["reflecting SIMULATED INCOMPLETE", "best-of-2 SIMULATED INCOMPLETE"], Judge.Sections.Select(s => s.Title));
        Assert.Equal(
            ["all images: 7", "single_object: 3", "two_object: 4"],
            Judge.Sections[0].Rows.Take(3).Select(r => r.Title));
        Assert.Equal(7, Judge.Sections[0].Rows.Count);
        Assert.Contains(
            "reflecting SIMULATED INCOMPLETE, by attempt: none, as fewer than 30 images are left of the next.", Judge.Details);
        Assert.Equal([1.75, 1 / 7.0, 2 / 7.0, 1 / 7.0, 3 / 7.0, 1 / 3.0, 0.5, 2 / 23.0], Values(Judge, null));
        Assert.Equal([1.5, 1 / 3.0, 1 / 3.0, 1 / 3.0, 0, 0.5, 0.5, -0.5], Values(Judge, "single_object"));
        var precision = Judge.Sections[0].Rows[0].Cells[5]!;
        Assert.Equal((4, 553, false), (precision.Measured!.Prompts, precision.Measured.Of, precision.Complete));
    }

    /// <summary>The judge of Reflect-DiT's released set sees 553 first images, and 111 of the twelfth.</summary>
    [Fact]
    public void Judge_is_shown_by_attempt_until_fewer_than_30_images_are_left()
    {
        var arm = Sweeps.ReflectDit with { Chains = [.. Sweeps.ReflectDit.Chains.Where(c => c.Prompt is < 40 or >= 540)] };
        var reached = Enumerable.Range(0, 20).Select(k => arm.Chains.Count(c => c.Attempts.Count > k)).ToList();
        var shown = reached.TakeWhile(n => n >= 30).Count();
        Assert.InRange(shown, 1, 19);
        var report = Table(Of(arm), ChainReport.Judge);
        Assert.Equal(
            reached.Take(shown).Select((n, k) => $"attempt {k + 1}: {n}"),
            report.Sections[0].Rows.Select(r => r.Title).Where(t => t.StartsWith("attempt", StringComparison.Ordinal)));
        Assert.Contains(
            $"reflect-dit SIMULATED INCOMPLETE, by attempt: to attempt {shown}, as fewer than 30 images are left of the next.", report.Details);
    }

    [Fact]
    public void Chains_are_shown_as_they_choose_stop_and_explore()
    {
        Assert.Equal([0.25, 0.5, 0.5, 1, 1], Values(Chains, null));
        Assert.Equal([0.5, 0.5, 0, 1, null], Values(Chains, "single_object"));
        Assert.Equal([1, null, 0, null, null], Values(Chains, null, arm: 1));
        Assert.Contains("Never solved by reflecting SIMULATED INCOMPLETE (prompts from 0): 80-81.", Chains.Details);
        Assert.DoesNotContain(Chains.Details, n => n.StartsWith("Never solved by best", StringComparison.Ordinal));
    }

    [Fact]
    public void Arm_without_a_verdict_is_named_and_has_no_rows()
    {
        var unjudged = new ArmResults(
            "elsewhere", false, null, new Recorded(1, false, false), [Chain(0, 0, Attempt("C") with { Verdict = null })],
            0, 0);
        var report = Table(Of(unjudged), ChainReport.Judge);
        Assert.Empty(report.Sections);
        Assert.Contains("elsewhere INCOMPLETE has no verdict of a judge recorded.", report.Notes);
        Assert.Equal([0, null, 0, null, null], Values(Table(Of(unjudged), ChainReport.Chains), null));
    }

    private static IEnumerable<double?> Values(Report report, string? within, int arm = 0) =>
        report.Sections[arm].Rows.First(r => r.Cells[0]!.Within == within).Cells
            .Select(c => c!.Measured?.Value);
}
