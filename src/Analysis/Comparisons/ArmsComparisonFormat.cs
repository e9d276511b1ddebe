using System.Text;
using ReflectDiT.Eval.Analysis.Reports;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>How a comparison of several arms is written: one table, a line a pair.</summary>
public static class ArmsComparisonFormat
{
    private const string CsvHeading =
        "kind,first,second,metric,prompts,first_value,second_value,difference,low,high,test,p,p_holm,exact_test,exact_p,text";

    private static readonly string[] Columns = ["n", "A", "B", "A - B", "95% interval", "p", "p\nHolm", "sees\nat 80%"];

    /// <param name="allowed">What spoke against a pair and was allowed.</param>
    /// <param name="format">One of <see cref="ReportFormat.Names"/>.</param>
    public static string Render(ArmsComparison arms, IReadOnlyList<Concern> allowed, string format) => format switch
    {
        "csv" => Csv(arms, allowed),
        "json" => Json(arms, allowed),
        _ => ReportFormat.Render(Sheet(arms, allowed), format),
    };

    /// <summary>The verdict: the pairs that differ when all are counted.</summary>
    public static IEnumerable<string> Verdicts(ArmsComparison arms)
    {
        var different = arms.Different.ToList();
        yield return $"{different.Count} of {arms.Pairs.Count} pairs differ, by p adjusted over them (Holm)"
            + (different.Count == 0 ? ": inconclusive" : "");
        foreach (var pair in different)
        {
            yield return VerdictText.Of(pair);
        }
    }

    private static Sheet Sheet(ArmsComparison arms, IReadOnlyList<Concern> allowed) => new(
        $"Arms of {arms.Sweep.Sweep}, {ComparisonFormat.Name(arms.Metric)}",
        [.. Verdicts(arms), .. allowed.Select(c => $"ALLOWED ({c.Name}): {c.Text}.")],
        Columns,
        [
            .. arms.Pairs.SelectMany(pair =>
            {
                var (names, row) = (VerdictText.Names(pair.Comparison), pair.Comparison.Decisive with { HolmP = pair.HolmP });
                var cells = ComparisonFormat.Cells(row);
                return (Line[])
                [
                    new(LineKind.Title, $"A: {names.First}; B: {names.Second}", []),
                    new(LineKind.Values, "", [.. cells[..5], .. cells[7..]]),
                ];
            }),
        ],
        [.. Notes(arms)]);

    private static IEnumerable<string> Notes(ArmsComparison arms)
    {
        if (arms.Pairs.Any(p => p.Comparison.First.Arm.Simulated || p.Comparison.Second.Arm.Simulated))
        {
            yield return ReportParts.Simulated;
        }

        yield return $"The 95% interval and p are of each pair alone ({ComparisonNotes.OfTests([.. arms.Pairs.Select(p => p.Comparison.Decisive)])}). A pair is "
            + "called different where p Holm is below 0.05: the chance of any false finding among all pairs is then below 5%, "
            + "however they depend on each other.";
        if (arms.At is not ComparisonPoint.Budget)
        {
            yield return "sees at 80%: the smallest difference that the pair alone shows in 80% of runs; -: none, the prompts are too few.";
        }
    }

    private static string Csv(ArmsComparison arms, IReadOnlyList<Concern> allowed)
    {
        var text = new StringBuilder(CsvHeading).Append('\n');
        object?[] Only(string kind, string what) => [kind, .. Enumerable.Repeat<object?>(null, 14), what];
        foreach (var verdict in Verdicts(arms))
        {
            CsvFormat.Row(text, Only("verdict", verdict));
        }

        foreach (var concern in allowed)
        {
            CsvFormat.Row(text, Only("allowed", $"{concern.Name}: {concern.Text}"));
        }

        foreach (var (pair, holm) in arms.Pairs)
        {
            var ((first, second), r) = (VerdictText.Names(pair), pair.Decisive);
            CsvFormat.Row(text,
            [
                "pair", first, second, r.Metric.Id, r.Prompts, r.First, r.Second, r.Difference, r.Interval.Low, r.Interval.High,
                r.Score.Name, r.P, holm, r.Exact?.Test, r.Exact?.P, null,
            ]);
        }

        return text.ToString();
    }

    private static string Json(ArmsComparison arms, IReadOnlyList<Concern> allowed) => JsonFormat.Document(json =>
    {
        JsonFormat.Texts(json, "verdicts", Verdicts(arms));
        json.WriteString("sweep", arms.Sweep.Sweep);
        json.WriteString("id", arms.Sweep.Id);
        json.WriteString("metric", arms.Metric.Id);
        JsonFormat.Objects(json, "allowed", allowed, (_, c) =>
        {
            json.WriteString("name", c.Name);
            json.WriteString("text", c.Text);
        });
        JsonFormat.Objects(json, "pairs", arms.Pairs, (_, pair) =>
        {
            var ((first, second), r) = (VerdictText.Names(pair.Comparison), pair.Comparison.Decisive);
            json.WriteString("first", first);
            json.WriteString("second", second);
            ComparisonData.Row(json, r with { HolmP = pair.HolmP });
        });
        JsonFormat.Texts(json, "notes", Notes(arms));
    });
}
