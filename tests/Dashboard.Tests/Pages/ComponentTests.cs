using Bunit;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Dashboard.Pages;
using ReflectDiT.Eval.Dashboard.Views;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Tests.Pages;

public sealed class ComponentTests : BunitContext
{
    [Fact]
    public void A_chart_has_a_title_a_description_every_point_and_a_table_behind_it()
    {
        var points = Enumerable.Range(1, 3).Select(n => new CurvePoint(
            n, n, new Estimate(0.5 + (0.1 * n), new Interval(0.4, 0.9)), null, n == 3 ? new(0.81, "0.81", "paper") : null)).ToList();
        var figure = new CurveFigure(
            "title", CurveFigure.OverN, "N: attempts at most", "share <correct>", true,
            [new("arm & one", LineOf.Shown, CurveKind.Prefixes, false, points), new("arm & one", LineOf.Ceiling, CurveKind.RandomSubsets, false, points)],
            ["a note"]);

        var chart = Render<CurveChart>(p => p.AddCascadingValue<Links>(new Links.Served()).Add(c => c.Figure, figure));

        var svg = chart.Find("svg.plot");
        Assert.Equal("img", svg.GetAttribute("role"));
        Assert.Equal("share <correct> over N: attempts at most", chart.Find("#plot-title").TextContent);
        Assert.Contains("arm & one: from 0.600 at 1 to 0.800 at 3.", chart.Find("#plot-desc").TextContent, StringComparison.Ordinal);
        Assert.Equal(6, chart.FindAll("circle.point").Count);
        Assert.Equal(2, chart.FindAll("polygon.band").Count);
        Assert.Equal(2, chart.FindAll("svg.plot path.published").Count);
        Assert.Equal(6, chart.FindAll("tbody tr").Count);
        Assert.Contains("arm & one: pass@k", chart.Find("ul.legend").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("odd SIMULATED name SIMULATED", "odd SIMULATED name", new[] { "SIMULATED" })]
    [InlineData("arm ORACLE: leaked SIMULATED SCORER: strict", "arm", new[] { "ORACLE", "SIMULATED", "SCORER" })]
    public void An_arms_name_says_all_that_must_be_said_of_it(string label, string name, string[] badges)
    {
        var arm = new Ledger.ArmRow { SweepId = Guid.Empty, Index = 0, Name = name, MaxAttempts = 1, Simulated = true, Oracle = false, Published = null };
        var shown = Render<ArmName>(p => p.AddCascadingValue<Links>(new Links.Served()).Add(c => c.Arm, arm).Add(c => c.Label, label));
        Assert.Equal(badges, shown.FindAll(".badge").Select(b => b.TextContent));
        Assert.StartsWith(name, shown.Find(".arm").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Over_an_image_lie_the_boxes_and_of_what_counts_the_masks()
    {
        var mask = ObjectMask.Of([false, true, false, true], 2, 2);
        SeenBox[] boxes = [new("ring", new(0, 0, 32, 64, 0.9f, "red", mask), true), new("star", new(0, 0, 8, 8, 0.1f, null, mask), false)];
        var shown = Render<BoxOverlay>(p => p.AddCascadingValue<Links>(new Links.Served()).Add(o => o.Size, (64, 64)).Add(o => o.Boxes, boxes));

        Assert.Equal(["counted", "passed"], shown.FindAll("rect").Select(r => r.ClassName));
        var path = Assert.Single(shown.FindAll("path.mask"));
        Assert.Equal(("scale(32 32)", "M1 0H2v1H1zM1 1H2v1H1z"), (path.GetAttribute("transform"), path.GetAttribute("d")));
        Assert.Equal("red ring 0.90", shown.Find("svg").GetAttribute("aria-label"));
    }

    [Fact]
    public void Of_each_model_that_a_worker_has_loaded_the_memory_is_told()
    {
        var report = new WorkerReport(
            "1.0.0", 4, [new("judge", "cuda:0", 3L << 30), new("simulated", "cpu", 0)], 5L << 30, 1, 0, 0, 0, []);
        var worker = new WorkerStatus(1, "host", 7, 4, 0, DateTime.UnixEpoch, DateTime.UnixEpoch, report);
        var shown = Render<WorkersView>(p => p.AddCascadingValue<Links>(new Links.Served()).Add(
            w => w.Model, new WorkersModel([worker], [], [], [], Controls: false)));
        Assert.Equal(["judge: 3072 MiB of cuda:0", "simulated"], shown.FindAll("#workers td div").Select(d => d.TextContent));
    }

    [Fact]
    public void A_raters_page_shows_text_question_and_two_images_and_has_a_key_for_every_answer()
    {
        var ballot = new Ballot("a <b>cat</b>", 4, 2, 123, "token");
        var page = Render<VoteView>(p => p.AddCascadingValue<Links>(new Links.Served()).Add(
            c => c.Model, new VoteModel("/vote/k", "r1", "Which?", ballot, ballot with { Showing = 3, Revision = 1, Token = "other" }, 4, 9, Notice: null, Open: true)));

        Assert.Equal("a <b>cat</b>", page.Find("h1").TextContent);
        Assert.Equal(["/vote/k/4/left", "/vote/k/4/right", "/vote/k/5/left", "/vote/k/5/right"], page.FindAll("img").Select(i => i.GetAttribute("src")));
        Assert.Equal(
            [("1", "left"), ("0", "tie"), ("9", "bad"), ("2", "right"), ("s", "skip")],
            page.FindAll(".answers button").Select(b => (b.GetAttribute("data-key")!, b.GetAttribute("value")!)));
        Assert.Equal(["4", "2", "123", "token"], page.FindAll(".answers input").Select(i => i.GetAttribute("value")));
        Assert.Equal("u", page.Find("form[action='/vote/k/undo'] button").GetAttribute("data-key"));

        var end = Render<VoteView>(p => p.AddCascadingValue<Links>(new Links.Served()).Add(
            c => c.Model, new VoteModel("/vote/k", "r1", "Which?", Ballot: null, ballot, 9, 9, Notice: null, Open: true)));
        Assert.Empty(end.FindAll("img"));
        Assert.Contains("Thank you", end.Find("h1").TextContent, StringComparison.Ordinal);
    }
}
