using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Planning;

/// <summary>How a forecast is written.</summary>
public static class ForecastFormat
{
    private const double SecondsPerHour = 3600;
    private const double Gigabyte = 1e9;
    private const string NoInterval = "-";

    private static readonly (BudgetAxis Axis, string Label, double Unit, string Format)[] Quantities =
    [
        (BudgetAxis.Attempts, "attempts expected", 1, "#,0"),
        (BudgetAxis.FunctionEvaluations, "function evaluations", 1, "#,0"),
        (BudgetAxis.DeviceSeconds, "device hours, judge included", SecondsPerHour, "0.000"),
        (BudgetAxis.WallSeconds, "hours, one batch at a time", SecondsPerHour, "0.000"),
        (BudgetAxis.JudgeTokens, "judge tokens", 1, "#,0"),
        (BudgetAxis.Money, "money", 1, "0.00"),
    ];

    public static IReadOnlyList<string> Names { get; } = ["text", "json"];

    /// <param name="format">One of <see cref="Names"/>.</param>
    public static string Render(Forecast forecast, Prices? prices, string format) => format switch
    {
        "text" => ReportFormat.Render(Sheet(forecast, prices), "text"),
        "json" => Json(forecast, prices),
        _ => throw new ArgumentException($"Unknown format '{format}'; known: {string.Join(", ", Names)}."),
    };

    private static Sheet Sheet(Forecast forecast, Prices? prices)
    {
        var sweep = forecast.Sweep;
        return new(
            $"Plan of sweep {sweep.Sweep} ({sweep.Id}), seed {sweep.Seed}, {sweep.Prompts.Count} prompts, "
                + $"replicates: {sweep.Replicates}",
            [.. forecast.Warnings.Select(w => $"WARNING: {w}")],
            ["expected", "95% interval"],
            [
                .. forecast.Arms.SelectMany(arm => Lines(arm, prices)),
                new(LineKind.Section, "All arms", []),
                Line("image files, GB", forecast.Disk, Gigabyte, "0.000"),
                Line("hours at the pilot's pace", forecast.Elapsed, SecondsPerHour, "0.000"),
                new(LineKind.Section, "Smallest difference seen with 80% power (score test, level 0.05)", []),
                .. forecast.Comparisons.SelectMany(Lines),
            ],
            [.. Notes(forecast)]);
    }

    private static IEnumerable<Line> Lines(ArmForecast arm, Prices? prices)
    {
        yield return new(LineKind.Section, arm.Arm, []);
        yield return new(LineKind.Values, "attempts at most", [$"{arm.AttemptsAtMost:#,0}", ""]);
        var known = Quantities.Where(q => q.Axis is not BudgetAxis.Money || prices is not null);
        foreach (var (axis, label, unit, format) in known)
        {
            var expected = arm.Expected.TryGetValue(axis, out var value) ? value : (Estimate?)null;
            var name = axis is BudgetAxis.Money ? $"{label}, {prices!.Currency}" : label;
            yield return Line(name, expected, unit, format);
        }
    }

    private static Line Line(string label, Estimate? value, double unit, string format) => new(
        LineKind.Values,
        label,
        value is { } known
            ?
            [
                (known.Value / unit).ToString(format),
                known.Interval.Low == known.Interval.High ? NoInterval
                    : $"{(known.Interval.Low / unit).ToString(format)}..{(known.Interval.High / unit).ToString(format)}",
            ]
            : ["unknown", ""]);

    private static IEnumerable<Line> Lines(DesignSight sight)
    {
        yield return new(LineKind.Title, $"{sight.Arm} against {sight.Versus}", []);
        yield return new(LineKind.Values, "seen", [sight.Detectable is { } seen
            ? seen == (seen.High, seen.High) ? Seen(seen.High) : $"{Seen(seen.Low)}..{Seen(seen.High)}"
            : "unknown", ""]);
        yield return new(LineKind.Values, "published difference",
            [sight.Published is { } published ? Numbers.Signed(published) : "none published", ""]);
    }

    private static string Seen(double? difference) => difference is { } seen ? Numbers.Share(seen) : "none";

    private static IEnumerable<string> Notes(Forecast forecast)
    {
        yield return forecast.Arms.Any(a => a.Pilot > 0)
            ? $"Expected: from the chains that the ledger has, of {forecast.Arms.Max(a => a.Pilot)} of "
                + $"{forecast.Sweep.Prompts.Count} prompts; they belong to the sweep. Intervals: bootstrap over "
                + "prompts."
            : "Expected: unknown without a pilot: --pilot N runs N prompts first, which the sweep then has.";
        if (Estimates(forecast).Any(e => e.Interval.Low == e.Interval.High))
        {
            yield return "-: no interval, as all prompts of the pilot took the same; the others need not.";
        }

        foreach (var basis in forecast.Comparisons.Select(c => c.Basis).Distinct())
        {
            yield return $"Smallest difference: from {basis}.";
        }

        foreach (var sight in forecast.Comparisons)
        {
            yield return $"{sight.Arm} against {sight.Versus}: {sight.Narrowing}.";
        }

        if (forecast.Sweep.Arms.Any(a => a.Simulated))
        {
            yield return "SIMULATED: device seconds, function evaluations and tokens are what the simulated models "
                + "claim.";
        }
    }

    private static IEnumerable<Estimate> Estimates(Forecast forecast) => forecast.Arms.SelectMany(a => a.Expected.Values)
        .Concat(new[] { forecast.Disk, forecast.Elapsed }.OfType<Estimate>());

    private static string Json(Forecast forecast, Prices? prices) => JsonFormat.Document(json =>
    {
        json.WriteString("sweep", forecast.Sweep.Sweep);
        json.WriteString("id", forecast.Sweep.Id);
        json.WriteNumber("prompts", forecast.Sweep.Prompts.Count);
        json.WriteNumber("replicates", forecast.Sweep.Replicates);
        json.WriteString("currency", prices?.Currency);
        JsonFormat.Texts(json, "warnings", forecast.Warnings);
        JsonFormat.Objects(json, "arms", forecast.Arms, (_, arm) =>
        {
            json.WriteString("arm", arm.Arm);
            json.WriteNumber("attempts_at_most", arm.AttemptsAtMost);
            json.WriteNumber("pilot_prompts", arm.Pilot);
            foreach (var (axis, _, _, _) in Quantities)
            {
                Estimate(axis.Name(), arm.Expected.TryGetValue(axis, out var value) ? value : null);
            }
        });
        Estimate("image_bytes", forecast.Disk);
        Estimate("seconds_at_the_pilots_pace", forecast.Elapsed);
        JsonFormat.Objects(json, "comparisons", forecast.Comparisons, (_, sight) =>
        {
            json.WriteString("arm", sight.Arm);
            json.WriteString("versus", sight.Versus);
            JsonFormat.Number(json, "published_difference", sight.Published);
            JsonFormat.Number(json, "detectable_low", sight.Detectable?.Low);
            JsonFormat.Number(json, "detectable_high", sight.Detectable?.High);
            json.WriteString("basis", sight.Basis);
            JsonFormat.Number(json, "variance_within_prompts", sight.Within);
        });

        void Estimate(string key, Estimate? value)
        {
            json.WriteStartObject(key);
            JsonFormat.Number(json, "expected", value?.Value);
            var interval = value is { } known && known.Interval.Low < known.Interval.High ? known.Interval : (Interval?)null;
            JsonFormat.Number(json, "low", interval?.Low);
            JsonFormat.Number(json, "high", interval?.High);
            json.WriteEndObject();
        }
    });
}
