using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>A comparison as data, in full precision.</summary>
internal static class ComparisonData
{
    private const string CsvHeading =
        "kind,metric,n,prompts,first,second,difference,low,high,only_first,only_second,test,p,p_holm,"
        + "exact_test,exact_p,minimal_detectable_effect,published_difference,power_for_published,prompt,tag,text";

    public static string Csv(Comparison comparison, IReadOnlyList<Concern> allowed)
    {
        var text = new StringBuilder(CsvHeading).Append('\n');
        object?[] Only(string kind, string what) => [kind, .. Enumerable.Repeat<object?>(null, 20), what];
        CsvFormat.Row(text, Only("verdict", VerdictText.Of(comparison)));
        if (VerdictText.OfReached(comparison) is { } reached)
        {
            CsvFormat.Row(text, Only("reached", reached));
        }

        foreach (var concern in allowed)
        {
            CsvFormat.Row(text, Only("allowed", $"{concern.Name}: {concern.Text}"));
        }

        foreach (var (n, r) in comparison.Rows.Select(r => ((int?)null, r))
            .Concat(comparison.ByN.Select(at => ((int?)at.N, at.Row))))
        {
            CsvFormat.Row(text,
            [
                n is null ? "metric" : "n", r.Metric.Id, n, r.Prompts, r.First, r.Second, r.Difference, r.Interval.Low, r.Interval.High,
                r.Discordant?.OnlyFirst, r.Discordant?.OnlySecond, r.Score.Name, r.P, r.HolmP,
                r.Exact?.Test, r.Exact?.P, r.Detectable, r.Published, r.PowerForPublished, null, null, null,
            ]);
        }

        foreach (var l in comparison.Labelled)
        {
            CsvFormat.Row(text,
            [
                "labelled", l.Metric.Id, null, l.Difference.Prompts, l.First.Value, l.Second.Value, l.Difference.Value,
                l.Difference.Interval.Low, l.Difference.Interval.High, null, null, "ppi++", null, null, null, null, null, null, null,
                null, null, $"{l.Difference.Labelled} prompts labelled",
            ]);
        }

        if (comparison.Interaction is { } interaction)
        {
            CsvFormat.Row(text, Only("interaction", ComparisonFormat.Interaction(interaction)));
        }

        foreach (var (metric, reason) in comparison.Absent)
        {
            CsvFormat.Row(text, Only("absent", $"{metric.Id}: {reason}"));
        }

        foreach (var d in comparison.Differing)
        {
            CsvFormat.Row(text,
            [
                "prompt", comparison.Metric.Id, null, null, d.First, d.Second, d.First - d.Second, null, null, null, null,
                null, null, null, null, null, null, null, null, d.Prompt.Index, d.Prompt.Stratum, d.Prompt.Prompt,
            ]);
        }

        return text.ToString();
    }

    public static string Json(Comparison comparison, IReadOnlyList<Concern> allowed) => JsonFormat.Document(json =>
    {
        json.WriteString("verdict", VerdictText.Of(comparison));
        json.WriteString("outcome", comparison.Outcome is Outcome.NotWorse ? "not_worse" : comparison.Outcome.ToString().ToLowerInvariant());
        JsonFormat.Number(json, "margin", comparison.Margin);
        json.WriteNumber("verdict_p", comparison.P);
        JsonFormat.Number(json, "worst_case_low", comparison.WorstCase?.Low);
        JsonFormat.Number(json, "worst_case_high", comparison.WorstCase?.High);
        json.WriteString("metric", comparison.Metric.Id);
        var budget = comparison.At as ComparisonPoint.Budget;
        json.WriteString("budget_axis", budget?.Axis.Name());
        JsonFormat.Number(json, "budget", budget?.Cost);
        JsonFormat.Number(json, "reached_share", comparison.Reached?.Share);
        foreach (var (key, estimate) in new (string, BudgetEstimate?)[]
        {
            ("first_cost", comparison.Reached?.First),
            ("second_cost", comparison.Reached?.Second),
            ("cost_ratio", comparison.Reached?.Ratio),
        })
        {
            json.WriteStartObject(key);
            JsonFormat.Number(json, "value", estimate?.Value);
            json.WriteString("value_is", estimate?.Reached.AtMost == true ? "at most" : estimate?.Reached.AtLeast == true ? "at least" : null);
            JsonFormat.Number(json, "low", estimate?.Low);
            JsonFormat.Number(json, "high", estimate?.High);
            json.WriteEndObject();
        }

        JsonFormat.Objects(json, "labelled", comparison.Labelled, (_, l) =>
        {
            json.WriteString("metric", l.Metric.Id);
            foreach (var (key, value) in new[] { ("first", l.First), ("second", l.Second), ("difference", l.Difference) })
            {
                json.WriteStartObject(key);
                json.WriteNumber("value", value.Value);
                json.WriteNumber("low", value.Interval.Low);
                json.WriteNumber("high", value.Interval.High);
                json.WriteNumber("weight_of_scorer", value.Weight);
                json.WriteNumber("labelled", value.Labelled);
                json.WriteNumber("prompts", value.Prompts);
                json.WriteEndObject();
            }
        });
        json.WriteStartObject("interaction");
        JsonFormat.Number(json, "q", comparison.Interaction?.Q);
        JsonFormat.Number(json, "degrees_of_freedom", comparison.Interaction?.DegreesOfFreedom);
        JsonFormat.Number(json, "p", comparison.Interaction?.P);
        json.WriteEndObject();
        JsonFormat.Objects(json, "absent", comparison.Absent, (_, a) =>
        {
            json.WriteString("metric", a.Metric.Id);
            json.WriteString("reason", a.Reason);
        });

        JsonFormat.Objects(
            json,
            "arms",
            [comparison.First, comparison.Second],
            (_, arm) =>
            {
                json.WriteString("sweep", arm.Sweep.Sweep);
                json.WriteString("id", arm.Sweep.Id);
                json.WriteString("arm", arm.Arm.Label);
                JsonFormat.Number(json, "n", Comparison.AttemptsOf(arm, comparison.At));
                json.WriteBoolean("simulated", arm.Arm.Simulated);
                json.WriteBoolean("oracle", arm.Arm.Oracle);
                json.WriteNumber("replicates", arm.Replicates);
                json.WriteNumber("images_per_chain", ComparisonNotes.Images(arm));
            });
        JsonFormat.Objects(json, "allowed", allowed, (_, c) =>
        {
            json.WriteString("name", c.Name);
            json.WriteString("text", c.Text);
        });
        JsonFormat.Objects(json, "rows", comparison.Rows, Row);
        JsonFormat.Objects(json, "by_n", comparison.ByN, (_, at) =>
        {
            json.WriteNumber("n", at.N);
            Row(json, at.Row);
        });
        JsonFormat.Objects(json, "prompts", comparison.Differing, (_, d) =>
        {
            json.WriteNumber("prompt", d.Prompt.Index);
            json.WriteString("tag", d.Prompt.Stratum);
            json.WriteString("text", d.Prompt.Prompt);
            json.WriteNumber("first", d.First);
            json.WriteNumber("second", d.Second);
        });
        JsonFormat.Texts(json, "notes", [.. ComparisonNotes.Of(comparison), .. ComparisonNotes.Further(comparison)]);
    });

    public static void Row(Utf8JsonWriter json, MetricComparison r)
    {
        json.WriteString("metric", r.Metric.Id);
        json.WriteNumber("prompts", r.Prompts);
        json.WriteNumber("first", r.First);
        json.WriteNumber("second", r.Second);
        json.WriteNumber("difference", r.Difference);
        json.WriteNumber("low", r.Interval.Low);
        json.WriteNumber("high", r.Interval.High);
        JsonFormat.Number(json, "only_first", r.Discordant?.OnlyFirst);
        JsonFormat.Number(json, "only_second", r.Discordant?.OnlySecond);
        JsonFormat.Number(json, "first_better", r.Flips?.First);
        JsonFormat.Number(json, "second_better", r.Flips?.Second);
        json.WriteString("test", r.Score.Name);
        json.WriteNumber("p", r.P);
        JsonFormat.Number(json, "p_holm", r.HolmP);
        json.WriteString("exact_test", r.Exact?.Test);
        JsonFormat.Number(json, "exact_p", r.Exact?.P);
        JsonFormat.Number(json, "minimal_detectable_effect", r.Detectable);
        JsonFormat.Number(json, "published_difference", r.Published);
        JsonFormat.Number(json, "power_for_published", r.PowerForPublished);
    }
}
