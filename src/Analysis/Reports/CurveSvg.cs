using System.Security;
using System.Text;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>
/// A figure for a paper: shares over N or a budget with bands, published points as hollow diamonds, a legend below.
/// Colours are Okabe and Ito's, told apart by the colour-blind; lines differ in dashes too.
/// </summary>
internal static class CurveSvg
{
    private const double Width = 640;
    private const double Left = 64;
    private const double Right = 624;
    private const double Top = 34;
    private const double Bottom = 334;
    private const double LegendTop = 400;
    private const double LegendRow = 20;

    private static readonly string[] Colours =
        ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

    private static readonly string[] Dashes = ["", "7 3", "2 3", "8 3 2 3"];

    public static string Write(CurveFigure figure)
    {
        var points = figure.Lines.SelectMany(l => l.Points).ToList();
        double[] shares =
        [
            .. points.SelectMany(p => new[] { p.OverPrompts.Interval.Low, p.OverPrompts.Interval.High }),
            .. points.Where(p => p.Published is not null).Select(p => p.Published!.Value),
        ];
        var y = SvgAxis.Around(shares.Length == 0 ? [0, 1] : shares, 0, 1, Bottom, Top);
        var x = SvgAxis.Around([0, .. points.Select(p => p.X)], 0, double.PositiveInfinity, Left, Right);
        var published = figure.Lines.Any(l => l.Points.Any(p => p.Published is not null));
        var height = LegendTop + (LegendRow * (figure.Lines.Count + (published ? 1 : 0))) + 4;

        var svg = new StringBuilder();
        svg.Append($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {N(Width)} {N(height)}\" ");
        svg.Append($"width=\"{N(Width)}\" height=\"{N(height)}\" font-family=\"Helvetica, Arial, sans-serif\" ");
        svg.Append("font-size=\"13\" fill=\"#222222\">\n");
        svg.Append($"<title>{Escape(figure.Title)}</title>\n<desc>{Escape(string.Join(' ', figure.Notes))}</desc>\n");
        svg.Append($"<rect width=\"{N(Width)}\" height=\"{N(height)}\" fill=\"#ffffff\"/>\n");
        svg.Append(Text(Left, 18, "start", figure.Title, 11));
        Axes(svg, figure, x, y);
        foreach (var (index, line) in figure.Lines.Index())
        {
            Band(svg, line, Colours[index % Colours.Length], x, y);
        }

        foreach (var (index, line) in figure.Lines.Index())
        {
            Curve(svg, line, index, x, y);
        }

        Legend(svg, figure, published);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Axes(StringBuilder svg, CurveFigure figure, SvgAxis x, SvgAxis y)
    {
        foreach (var tick in y.Ticks)
        {
            svg.Append(Stroke(Left, y.At(tick), Right, y.At(tick), "#dddddd", 1));
            svg.Append(Text(Left - 8, y.At(tick) + 4.5, "end", $"{tick:0.00}"));
        }

        // On the axis of N the generator alone is a place of its own.
        foreach (var tick in figure.Axis == CurveFigure.OverN ? x.Ticks.Where(t => t > 1).Prepend(1) : x.Ticks)
        {
            svg.Append(Stroke(x.At(tick), Bottom, x.At(tick), Bottom + 5, "#222222", 1));
            svg.Append(Text(x.At(tick), Bottom + 20, "middle", $"{tick:0.######}"));
        }

        svg.Append(Stroke(Left, Bottom, Right, Bottom, "#222222", 1));
        svg.Append(Stroke(Left, Bottom, Left, Top, "#222222", 1));
        svg.Append(Text((Left + Right) / 2, Bottom + 42, "middle", figure.AxisLabel, 14));
        var middle = N((Top + Bottom) / 2);
        svg.Append($"<text transform=\"translate(17 {middle}) rotate(-90)\" text-anchor=\"middle\" font-size=\"14\">");
        svg.Append($"{Escape(figure.ValueLabel)} (mean over prompts)</text>\n");
    }

    private static void Band(StringBuilder svg, CurveLine line, string colour, SvgAxis x, SvgAxis y)
    {
        var corners = line.Points.Select(p => (p.X, p.OverPrompts.Interval.High))
            .Concat(line.Points.Reverse().Select(p => (p.X, p.OverPrompts.Interval.Low)));
        var places = corners.Select(c => Place(x, y, c.X, Math.Clamp(c.Item2, y.Low, y.High)));
        svg.Append($"<polygon points=\"{string.Join(' ', places)}\" fill=\"{colour}\" fill-opacity=\"0.15\"/>\n");
    }

    private static void Curve(StringBuilder svg, CurveLine line, int index, SvgAxis x, SvgAxis y)
    {
        var colour = Colours[index % Colours.Length];
        var places = line.Points.Select(p => Place(x, y, p.X, p.OverPrompts.Value));
        svg.Append($"<polyline points=\"{string.Join(' ', places)}\" fill=\"none\" stroke=\"{colour}\" ");
        svg.Append($"stroke-width=\"2\" stroke-linejoin=\"round\"{Dash(index)}/>\n");
        foreach (var point in line.Points)
        {
            svg.Append($"<circle cx=\"{N(x.At(point.X))}\" cy=\"{N(y.At(point.OverPrompts.Value))}\" r=\"2.2\" ");
            svg.Append($"fill=\"{colour}\"/>\n");
        }

        foreach (var point in line.Points.Where(p => p.Published is not null))
        {
            svg.Append(Diamond(x.At(point.X), y.At(point.Published!.Value), colour));
        }
    }

    private static void Legend(StringBuilder svg, CurveFigure figure, bool published)
    {
        foreach (var (index, line) in figure.Lines.Index())
        {
            var (colour, middle) = (Colours[index % Colours.Length], LegendTop + (LegendRow * index));
            svg.Append($"<rect x=\"{N(Left)}\" y=\"{N(middle - 6)}\" width=\"34\" height=\"12\" ");
            svg.Append($"fill=\"{colour}\" fill-opacity=\"0.15\"/>\n");
            svg.Append(Stroke(Left, middle, Left + 34, middle, colour, 2, Dash(index)));
            svg.Append(Text(Left + 44, middle + 4.5, "start", $"{line.Label}, with 95% band"));
        }

        if (published)
        {
            var middle = LegendTop + (LegendRow * figure.Lines.Count);
            svg.Append(Diamond(Left + 17, middle, "#222222"));
            svg.Append(Text(
                Left + 44, middle + 4.5, "start", "published, in the colour of the arm that reproduces it"));
        }
    }

    private static string Diamond(double x, double y, string colour) =>
        $"<path d=\"M{N(x)} {N(y - 5.5)}L{N(x + 5.5)} {N(y)}L{N(x)} {N(y + 5.5)}L{N(x - 5.5)} {N(y)}Z\" "
        + $"fill=\"#ffffff\" stroke=\"{colour}\" stroke-width=\"1.6\"/>\n";

    private static string Stroke(
        double x1, double y1, double x2, double y2, string colour, double width, string dash = "") =>
        $"<line x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" stroke=\"{colour}\" "
        + $"stroke-width=\"{N(width)}\"{dash}/>\n";

    private static string Text(double x, double y, string anchor, string text, int size = 13) =>
        $"<text x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{Escape(text)}</text>\n";

    private static string Dash(int index) => Dashes[index % Dashes.Length] is { Length: > 0 } dash
        ? $" stroke-dasharray=\"{dash}\""
        : "";

    private static string Place(SvgAxis x, SvgAxis y, double at, double share) => $"{N(x.At(at))},{N(y.At(share))}";

    /// <summary>To a hundredth of a pixel, so that the last bits of a mean leave no trace.</summary>
    private static string N(double value) => value.ToString("0.##");

    private static string Escape(string text) => SecurityElement.Escape(VisibleText.Of(text));
}
