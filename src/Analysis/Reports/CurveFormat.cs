using System.Text;
using ReflectDiT.Eval.Analysis.Results;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>How a sweep's curves are written. Equal results give equal bytes.</summary>
public static class CurveFormat
{
    private const string CsvHeading =
        "arm,line,kind,axis,n,x,mean_over_prompts,low,high,mean_over_categories,categories_low,categories_high,"
        + "published,source";

    public static IReadOnlyList<string> Names { get; } = ["text", "csv", "json", "svg"];

    /// <param name="format">One of <see cref="Names"/>.</param>
    /// <param name="detail">Of text: every N, on more than one screen.</param>
    public static string Render(CurveFigure figure, string format, bool detail = false) => format switch
    {
        "text" => ReportFormat.Render(Sheet(figure, detail), "text"),
        "csv" => Csv(figure),
        "json" => Json(figure),
        "svg" => CurveSvg.Write(figure),
        _ => throw new ArgumentException($"Unknown format '{format}'; known: {string.Join(", ", Names)}."),
    };

    private static Sheet Sheet(CurveFigure figure, bool detail) => new(
        figure.Title,
        [],
        [$"{Heading(figure)}", "mean over\nprompts", "95% band", "mean over\ncategories", "95% band", "published"],
        [
            .. figure.Lines.SelectMany(l => l.Points.Where(p => detail || IsShown(p, l))
                .Select(p => new Line(LineKind.Values, $"N={p.N}",
                [
                    $"{p.X:0.##}",
                    Numbers.Share(p.OverPrompts.Value),
                    Numbers.Range(p.OverPrompts.Interval),
                    p.OverCategories is { } mean ? Numbers.Share(mean.Value) : "",
                    p.OverCategories is { } band ? Numbers.Range(band.Interval) : "",
                    p.Published?.Text ?? "",
                ]))
                .Prepend(new(LineKind.Section, $"{l.Label} ({Kind(l.Kind)})", []))),
        ],
        detail || figure.Lines.All(l => l.Points.All(p => IsShown(p, l))) ? figure.Notes : [.. figure.Notes, "--detail: every N."]);

    /// <summary>On one screen: powers of two, what is published, and the end.</summary>
    private static bool IsShown(CurvePoint point, CurveLine line) =>
        int.IsPow2(point.N) || point.Published is not null || point == line.Points[^1];

    private static string Heading(CurveFigure figure) => figure.Axis == CurveFigure.OverN
        ? "N"
        : figure.AxisLabel.Replace(" a prompt", "\na prompt", StringComparison.Ordinal);

    private static string Kind(CurveKind kind) => kind is CurveKind.Prefixes ? "prefixes" : "random subsets";

    private static string Csv(CurveFigure figure)
    {
        var text = new StringBuilder(CsvHeading).Append('\n');
        foreach (var (line, p) in figure.Lines.SelectMany(l => l.Points.Select(p => (l, p))))
        {
            CsvFormat.Row(text,
            [
                line.Arm, What(line), Kind(line.Kind), figure.Axis, p.N, p.X, p.OverPrompts.Value,
                p.OverPrompts.Interval.Low, p.OverPrompts.Interval.High, p.OverCategories?.Value,
                p.OverCategories?.Interval.Low, p.OverCategories?.Interval.High, p.Published?.Value,
                p.Published?.Source,
            ]);
        }

        return text.ToString();
    }

    private static string What(CurveLine line) => line.What is LineOf.Shown ? "shown" : line.Graded ? "best_at_k" : "pass_at_k";

    private static string Json(CurveFigure figure) => JsonFormat.Document(json =>
    {
        json.WriteString("title", figure.Title);
        json.WriteString("axis", figure.Axis);
        json.WriteString("axis_label", figure.AxisLabel);
        json.WriteString("status", figure.Complete ? "complete" : "INCOMPLETE");
        JsonFormat.Objects(json, "lines", figure.Lines, (_, line) =>
        {
            json.WriteString("arm", line.Arm);
            json.WriteString("line", What(line));
            json.WriteString("kind", Kind(line.Kind));
            JsonFormat.Objects(json, "points", line.Points, (_, p) =>
            {
                json.WriteNumber("n", p.N);
                json.WriteNumber("x", p.X);
                JsonFormat.Estimate(json, "mean_over_prompts", p.OverPrompts);
                JsonFormat.Estimate(json, "mean_over_categories", p.OverCategories);
                JsonFormat.Number(json, "published", p.Published?.Value);
                json.WriteString("source", p.Published?.Source);
            });
        });
        JsonFormat.Texts(json, "notes", figure.Notes);
    });
}
