using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>How a comparison is written. Equal comparisons give equal bytes.</summary>
public static class ComparisonFormat
{
    private const string CsvHeading =
        "kind,metric,n,prompts,first,second,difference,low,high,only_first,only_second,test,p,p_holm,"
        + "exact_test,exact_p,minimal_detectable_effect,published_difference,power_for_published,prompt,tag,text";

    /// <summary>Of prompts that one arm does better on, so many are listed where no details are asked for.</summary>
    private const int Listed = 3;

    private static readonly string[] Columns =
        ["n", "A", "B", "A - B", "95% interval", "b", "c", "p", "p\nHolm", "sees\nat 80%"];

    private static readonly string[] Details = ["exact\np", "published\nA - B", "power\nfor it"];

    /// <param name="allowed">What spoke against the comparison and was allowed.</param>
    /// <param name="format">One of <see cref="ReportFormat.Names"/>.</param>
    /// <param name="detail">With the columns that do not decide, all prompts that differ and all notes; other formats than text have them always.</param>
    public static string Render(
        Comparison comparison, IReadOnlyList<Concern> allowed, string format, bool detail = false) => format switch
        {
            "csv" => Csv(comparison, allowed),
            "json" => Json(comparison, allowed),
            _ => ReportFormat.Render(Sheet(comparison, allowed, detail || format != "text"), format),
        };

    private static Sheet Sheet(Comparison comparison, IReadOnlyList<Concern> allowed, bool detail)
    {
        var (first, second) = VerdictText.Names(comparison);
        var sees = comparison.At is not ComparisonPoint.Budget && !comparison.Anytime;
        return new(
            $"A: {first}; B: {second}",
            [
                VerdictText.Of(comparison),
                .. VerdictText.OfReached(comparison) is { } reached ? [reached] : Array.Empty<string>(),
                .. VerdictText.OfLabels(comparison) is { } labels ? [labels] : Array.Empty<string>(),
                .. allowed.Select(c => $"ALLOWED ({c.Name}): {c.Text}."),
            ],
            [.. sees ? Columns : Columns[..^1], .. detail ? Details : []],
            [
                new(LineKind.Section, "Overall", []),
                .. comparison.Rows.Where(r => r.Metric.Category is null).Select(r => Line(Name(r.Metric), r)),
                .. comparison.First.Sweep.Categories.Count == 0 ? [] : (Line[])[new(LineKind.Section, "By category", [])],
                .. comparison.Rows.Where(r => r.Metric.Category is not null).Select(r => Line(Name(r.Metric), r)),
                .. comparison.Interaction is { } interaction ? [new(LineKind.Title, Interaction(interaction), [])] : (Line[])[],
                .. comparison.ByN.Count == 0 ? [] : comparison.ByN.Select(at => Line($"N={at.N}", at.Row))
                    .Prepend(new(LineKind.Section, $"By N: {Name(comparison.Metric)}", [])),
            ],
            [.. Notes(comparison), .. detail ? Further(comparison) : ["--detail: all prompts that differ, exact p, and further notes."]])
        {
            Lists = comparison.At is ComparisonPoint.Budget ? [] :
            [
                .. comparison.Labelled.Count == 0 || !detail ? [] : (Listing[])[Labels(comparison.Labelled)],
                Differing("A", comparison.Differing.Where(d => d.First > d.Second), detail),
                Differing("B", comparison.Differing.Where(d => d.First < d.Second), detail),
            ],
        };

        Line Line(string label, MetricComparison row) =>
            new(LineKind.Values, label, [.. sees ? Cells(row) : Cells(row)[..^1], .. detail ? DetailCells(row) : []]);
    }

    internal static string Name(Metric metric) => metric == Metric.MeanOverPrompts ? "mean over prompts"
        : metric == Metric.MeanOverCategories ? "mean over categories"
        : metric.Category!;

    internal static string[] Cells(MetricComparison row) =>
    [
        $"{row.Prompts}",
        Numbers.Share(row.First),
        Numbers.Share(row.Second),
        Numbers.Signed(row.Difference),
        $"{Numbers.Signed(row.Interval.Low)}..{Numbers.Signed(row.Interval.High)}",
        $"{row.Flips?.First}",
        $"{row.Flips?.Second}",
        P(row.P),
        row.HolmP is { } holm ? P(holm) : "",
        row.Exact is null ? "" : row.Detectable is { } detectable ? Numbers.Share(detectable) : "-",
    ];

    private static string[] DetailCells(MetricComparison row) =>
    [
        row.Exact is { } exact ? P(exact.P) : "",
        row.Published is { } published ? Numbers.Signed(published) : "",
        row.PowerForPublished is { } power ? $"{power:0.00}" : "",
    ];

    private static string P(double p) => p < 0.0001 ? "<.0001" : $"{p:0.0000}";

    private static string Interaction(Heterogeneity test) =>
        $"does the difference depend on the category? {(test.P < Comparison.Alpha ? "it does" : "no sign of it")}: Q = {test.Q:0.0}, "
        + $"{test.DegreesOfFreedom} degrees of freedom, {VerdictText.P(test.P)}";

    private static Listing Differing(string arm, IEnumerable<DifferingPrompt> prompts, bool detail)
    {
        // The largest first.
        var all = prompts.OrderByDescending(d => Math.Abs(d.First - d.Second)).ToList();
        var shown = detail || all.Count <= Listed ? all.Count : Listed;
        return new(
            $"Prompts where {arm} does better: {all.Count}",
            [
                .. all.Take(shown).Select(d =>
                    $"{d.Prompt.Index,-4}  {d.Prompt.Stratum,-13}  {d.Prompt.Prompt}"
                    + (d is { First: 0 or 1, Second: 0 or 1 } ? "" : $"  ({d.First:G3} and {d.Second:G3})")),
                .. shown < all.Count ? [$"and {all.Count - shown} more"] : Array.Empty<string>(),
            ]);
    }

    private static Listing Labels(IReadOnlyList<LabelledMetric> metrics)
    {
        static string Of(PredictionPowered value, Func<double, string> form) =>
            $"{form(value.Value)} ({form(value.Interval.Low)}..{form(value.Interval.High)})";
        return new("By people's labels (prediction-powered): A, B and A - B with 95% intervals; labelled prompts",
        [
            .. metrics.Select(m => $"{Name(m.Metric),-20}  {Of(m.First, Numbers.Share)}  {Of(m.Second, Numbers.Share)}  "
                + $"{Of(m.Difference, Numbers.Signed)}  {m.Difference.Labelled,3}"),
        ]);
    }

    private static readonly string[] BudgetNotes =
    [
        "Equal budget: each arm's share is interpolated between the two N whose mean cost a prompt lies around the "
        + "budget, the judge's part included. The interval counts how costs vary with their prompts. The row of a category, and the mean over categories, sets equal "
        + "what its own prompts cost on average, and not the share of the budget that all prompts together leave it. What an arm needs to "
        + "reach a share has the interval of a bootstrap over prompts and is never less than "
        + "one image: at most so much is what an arm reaches with its first.",
    ];

    private static IEnumerable<string> Notes(Comparison comparison)
    {
        if (comparison.First.Arm.Simulated || comparison.Second.Arm.Simulated)
        {
            yield return ReportParts.Simulated;
        }

        if (comparison.Margin is { } margin)
        {
            yield return $"Margin {margin:G3}: equivalent is a 95% interval within it to both sides (two one-sided tests), not worse one "
                + "above minus the margin; their p is that of the margin. Choose it before you look.";
        }

        yield return "The verdict is whether the 95% interval excludes 0; p is that of the test which the interval inverts, "
            + TestText([.. comparison.Rows.Concat(comparison.ByN.Select(at => at.Row))])
            + ", and below 0.05 if and only if it does. p Holm is adjusted over the categories: look there before a category is "
            + "called better.";
        foreach (var note in comparison.At is ComparisonPoint.Budget ? BudgetNotes : TestNotes(comparison))
        {
            yield return note;
        }

        if (comparison.Labelled.Count > 0)
        {
            yield return "By people's labels: the scorer's mean, corrected by what people say of the labelled prompts beyond it (PPI++, "
                + "Angelopoulos et al. 2023). It takes those prompts as a random sample of all; the verdict above is the scorer's.";
        }

        if (comparison.WorstCase is not null)
        {
            yield return "Missing chains: the bounds take each as worth 0 to one arm and 1 to the other, and have no sampling error in "
                + "them. Where they exclude 0 what is missing cannot turn the difference round.";
        }

        if (comparison.Absent.Count > 0)
        {
            yield return "No row: " + string.Join("; ", comparison.Absent.Select(a => $"{Name(a.Metric)} ({a.Reason})")) + ".";
        }
    }

    /// <summary>The tests of some rows, in words.</summary>
    internal static string TestText(IReadOnlyList<MetricComparison> rows)
    {
        var (score, bootstrap) = (rows.Any(r => r.Score is PairedScore), rows.Any(r => r.Score is StudentisedMean));
        return rows.Any(r => r.Score is AnytimeMean) ? "a mixture of bets that holds at every look at once, however often one looks"
            : !bootstrap ? "Tango's score test with half a prompt's correction"
            : "the studentised bootstrap over prompts"
                + (score ? $", and Tango's score test with half a prompt's correction where fewer than {PairedMean.Few} prompts differ" : "");
    }

    private static IEnumerable<string> Further(Comparison comparison)
    {
        var (first, second) = (comparison.First, comparison.Second);
        if (comparison.At is not ComparisonPoint.Budget)
        {
            yield return "exact p decides nothing: exact McNemar test where every prompt is right or wrong, else (and for the "
                + "mean over categories) the paired permutation test.";
        }

        if (comparison.Interaction is not null)
        {
            yield return "Whether the difference depends on the category is tested once (score test of one common difference, "
                + "chi-squared): it names no category, p Holm does.";
        }

        yield return "For prompts like them: the interval counts prompts as drawn from more of their kind, with what their images vary by. "
            + "For these prompts alone it would be narrower where a prompt's outcome hardly varies.";
        yield return $"Attempts at most: A {first.Arm.Strategy.MaxAttempts}, B {second.Arm.Strategy.MaxAttempts}. Equal "
            + "N is not equal cost: images a chain on average, and verdicts of a judge recorded: "
            + $"A {Images(first):0.00} and {Verdicts(first):0.00}, B {Images(second):0.00} and {Verdicts(second):0.00}.";
        if (first.Sweep.Id != second.Sweep.Id)
        {
            yield return $"Sweeps: A {first.Sweep.Sweep} ({first.Sweep.Id}), seed {first.Sweep.Seed}; "
                + $"B {second.Sweep.Sweep} ({second.Sweep.Id}), seed {second.Sweep.Seed}. "
                + "Prompts are paired by their text.";
        }
    }

    private static IEnumerable<string> TestNotes(Comparison comparison)
    {
        yield return comparison.Decisive.Discordant is not null
            ? "b, c: prompts that A alone and that B alone got right."
            : "b, c: prompts that A and that B does better on.";

        if (comparison.ByN is [.., (var last, _)])
        {
            yield return $"By N: the verdict is about N={last}. Before another N is called better look at its p Holm, "
                + $"which is adjusted over the {comparison.ByN.Count} N tested here.";
        }

        if (comparison.Anytime)
        {
            yield break;
        }

        yield return "sees at 80%: the smallest difference that is found in 80% of runs with as many prompts, on which the arms "
            + "differ as often as here, or as often as the difference needs; it does not depend on the difference that was seen."
            + (comparison.Rows.Concat(comparison.ByN.Select(at => at.Row)).Any(r => r.Detectable is null) ? " -: none is, the prompts are too few." : "");
    }

    private static double Images(ComparedArm arm) => arm.Arm.Chains.Average(c => c.Attempts.Count);

    private static double Verdicts(ComparedArm arm) =>
        arm.Arm.Chains.Average(c => c.Attempts.Count(a => a.Verdict is not null));

    private static string Csv(Comparison comparison, IReadOnlyList<Concern> allowed)
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
            CsvFormat.Row(text, Only("interaction", Interaction(interaction)));
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

    private static string Json(Comparison comparison, IReadOnlyList<Concern> allowed) => JsonFormat.Document(json =>
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
                json.WriteNumber("images_per_chain", Images(arm));
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
        JsonFormat.Texts(json, "notes", [.. Notes(comparison), .. Further(comparison)]);
    });

    internal static void Row(Utf8JsonWriter json, MetricComparison r)
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
