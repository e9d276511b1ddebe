using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Tests.Reports;

public sealed class CurveFigureTests
{
    private static readonly CurveFigure Over = CurveFigure.Of(Sweeps.Two, CurveFigure.OverN);
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Lines_have_the_released_counts_with_bands_and_the_published_points()
    {
        var reflection = Over.Lines[1];
        Assert.Equal(("reflect-dit SIMULATED", CurveKind.Prefixes, 20), (reflection.Arm, reflection.Kind, reflection.Points.Count));
        int[] counts = [405, 429, 438, 442, 442, 446];
        int[] tries = [1, 4, 8, 12, 16, 20];
        foreach (var (n, count) in tries.Zip(counts))
        {
            var point = reflection.Points[n - 1];
            Assert.Equal(count / 553.0, point.OverPrompts.Value, 12);
            Assert.Equal(count / 553.0, point.Published!.Value, 3);
            Assert.InRange(point.OverPrompts.Interval.High - point.OverPrompts.Value, 0.02, 0.06);
        }

        Assert.Null(reflection.Points[1].Published);
    }

    /// <summary>Every attempt of these arms takes 1 + 0.5 device seconds and 1,400 judge tokens.</summary>
    [Fact]
    public void Budget_axis_counts_generator_and_judge_and_has_no_published_points()
    {
        var figure = CurveFigure.Of(Sweeps.Two, "device-seconds");
        var images = Sweeps.ReflectDit.Chains.Average(c => c.Attempts.Count);
        Assert.Equal(1.5, figure.Lines[1].Points[0].X, 9);
        Assert.Equal(1.5 * images, figure.Lines[1].Points[^1].X, 9);
        Assert.All(figure.Lines.SelectMany(l => l.Points), p => Assert.Null(p.Published));
        var money = CurveFigure.Of(Sweeps.Two, "money", new("USD", 3600, 0, 0));
        Assert.Equal((1.0, "USD a prompt, mean"), (money.Lines[0].Points[0].X, money.AxisLabel));
    }

    [Fact]
    public void Arm_that_drew_all_has_its_ceiling_too()
    {
        var arm = new ArmResults(
            "all", false, null, new BestOfN(2, Selector.JudgeScore),
            [.. Enumerable.Range(0, 10).Select(p =>
                Sweeps.Chain(p, 0, Sweeps.Attempt("", 0.9), Sweeps.Attempt(p < 5 ? "C" : "", 0.1)))],
            0, 0);
        var figure = CurveFigure.Of(
            new SweepResults("small", "1", 1, 1, Sweeps.Tables, [.. Sweeps.Prompts.Take(10)], [arm]) { Scorer = Sweeps.Scorer }, CurveFigure.OverN);
        Assert.Equal(["all", "all: pass@k"], figure.Lines.Select(l => l.Label));
        Assert.Equal([0.25, 0.0], figure.Lines[0].Points.Select(p => p.OverPrompts.Value));
        Assert.Equal([0.25, 0.5], figure.Lines[1].Points.Select(p => p.OverPrompts.Value));
        Assert.Null(figure.Lines[0].Points[0].OverCategories);
    }

    [Fact]
    public void Arm_without_chains_or_costs_has_no_line_and_the_notes_say_so()
    {
        var figure = CurveFigure.Of(
            Sweeps.Of(Sweeps.Sana with { Chains = [], Open = 553 }), CurveFigure.OverN);
        Assert.Empty(figure.Lines);
        Assert.False(figure.Complete);
        Assert.Contains(figure.Notes, n => n.StartsWith("sana SIMULATED INCOMPLETE has no chain", StringComparison.Ordinal));
        foreach (var format in CurveFormat.Names)
        {
            Assert.DoesNotContain("NaN", CurveFormat.Render(figure, format), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Svg_is_xml_with_a_line_and_a_band_for_each_arm_inside_its_frame()
    {
        var svg = XDocument.Parse(CurveFormat.Render(Over, "svg")).Root!;
        var size = svg.Attribute("viewBox")!.Value.Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray();
        var lines = svg.Elements(Svg + "polyline").ToList();
        Assert.Equal((2, 2), (lines.Count, svg.Elements(Svg + "polygon").Count()));
        foreach (var point in svg.Elements().Where(e => e.Attribute("points") is not null)
            .SelectMany(e => e.Attribute("points")!.Value.Split(' ')))
        {
            var at = point.Split(',').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray();
            Assert.InRange(at[0], 0, size[2]);
            Assert.InRange(at[1], 0, size[3]);
        }

        // 5 published N of SANA and 1; 5 of Reflect-DiT and 1; one in the legend.
        Assert.Equal(13, svg.Elements(Svg + "path").Count());
        var texts = svg.Elements(Svg + "text").Select(t => t.Value).ToList();
        Assert.Contains("sana SIMULATED, with 95% band", texts);
        Assert.Contains("N: attempts at most", texts);
        Assert.Superset(
            new HashSet<string> { "1", "4", "8", "12", "16", "20" }, texts.ToHashSet());
    }

    [Fact]
    public void Names_of_arms_are_escaped_in_svg()
    {
        var figure = CurveFigure.Of(
            Sweeps.Of(Sweeps.Sana with { Name = "a < b & \"c\"" }), CurveFigure.OverN);
        var svg = XDocument.Parse(CurveFormat.Render(figure, "svg")).Root!;
        Assert.Contains("a < b & \"c\" SIMULATED, with 95% band", svg.Elements(Svg + "text").Select(t => t.Value));
    }

    [Fact]
    public void Equal_results_give_equal_bytes_in_every_format_and_say_simulated()
    {
        var reversed = Sweeps.Two with { Arms = [.. Sweeps.Two.Arms.Select(a => a with { Chains = [.. a.Chains.Reverse()] })] };
        var again = CurveFigure.Of(reversed, CurveFigure.OverN);
        foreach (var format in CurveFormat.Names)
        {
            var text = CurveFormat.Render(Over, format);
            Assert.Equal(text, CurveFormat.Render(again, format));
            Assert.Contains("SIMULATED", text, StringComparison.Ordinal);
            Assert.EndsWith("\n", text, StringComparison.Ordinal);
        }

        Assert.Equal(2, JsonDocument.Parse(CurveFormat.Render(Over, "json")).RootElement.GetProperty("lines").GetArrayLength());
        Assert.Equal(41, CurveFormat.Render(Over, "csv").TrimEnd('\n').Split('\n').Length);
    }
}
