using Bunit;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Dashboard.Pages;
using ReflectDiT.Eval.Dashboard.Views;

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
}
