using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Planning;

/// <summary>What a sweep will take, and what it can show, said before it is run.</summary>
/// <param name="Sweep">With the chains of its pilot, or none.</param>
/// <param name="Disk">Bytes of its images; null without a pilot.</param>
/// <param name="Elapsed">Seconds at the pace of the pilot; null when it drew nothing now.</param>
/// <param name="Comparisons">Each arm against the first.</param>
/// <param name="Warnings">What the design cannot see.</param>
public sealed record Forecast(
    SweepResults Sweep,
    IReadOnlyList<ArmForecast> Arms,
    Estimate? Disk,
    Estimate? Elapsed,
    IReadOnlyList<DesignSight> Comparisons,
    IReadOnlyList<string> Warnings)
{
    /// <param name="imageBytes">Bytes of the different images of each prompt of the pilot.</param>
    /// <param name="secondsPerAttempt">The pace of the pilot, with as many chains at once; null without.</param>
    /// <param name="prices">For the cost in money; null leaves it out.</param>
    public static Forecast Of(
        SweepResults sweep,
        IReadOnlyDictionary<int, long> imageBytes,
        double? secondsPerAttempt,
        Prices? prices)
    {
        var bootstrap = new Bootstrap((ulong)sweep.Seed);
        var comparisons = Enumerable.Range(1, sweep.Arms.Count - 1)
            .Select(arm => DesignSight.Of(sweep, arm, 0)).ToList();
        double?[] bytes =
        [
            .. sweep.Prompts.Select(p => imageBytes.TryGetValue(p.Index, out var b) ? b : (double?)null),
        ];
        var attempts = sweep.Arms.Select(a => ArmForecast.PromptTotals(a, sweep, BudgetAxis.Attempts, null)).ToList();
        double?[] seconds =
        [
            .. sweep.Prompts.Select(p =>
                attempts.Aggregate((double?)0, (sum, arm) => sum + arm[p.Index]) * secondsPerAttempt),
        ];
        return new(
            sweep,
            [.. sweep.Arms.Select(a => ArmForecast.Of(a, sweep, bootstrap, prices))],
            SweepTotal.Of(bytes, sweep.Prompts, bootstrap),
            SweepTotal.Of(seconds, sweep.Prompts, bootstrap),
            comparisons,
            [.. comparisons.SelectMany(c => c.Warnings), .. sweep.Arms.SelectMany(a => LastStep(a, sweep))]);
    }

    /// <summary>
    /// The last step of the arm's published curve, at its most favourable: every prompt that changes is a gain, and replicates are
    /// independent.
    /// </summary>
    private static IEnumerable<string> LastStep(ArmResults arm, SweepResults sweep)
    {
        if (sweep.Reference(arm) is not { } reference)
        {
            yield break;
        }

        var points = reference.Rows[0].Points.Where(p => p.N <= arm.Strategy.MaxAttempts && p.Overall is not null)
            .OrderBy(p => p.N).TakeLast(2).ToList();
        if (points.Count < 2)
        {
            yield break;
        }

        var step = points[1].Overall!.Value - points[0].Overall!.Value;
        var design = new PairedDesign(sweep.Prompts.Count);

        // Replicates help most where each is for itself: the mean square of their means is then this.
        var square = ((step - (step * step)) / sweep.Replicates) + (step * step);
        var power = step <= 0 ? 0
            : sweep.Replicates == 1 ? design.Power(new(step, 0))
            : Math.Max(design.Power(new(step, 0)), design.PowerOfMean(step, square, 1.0 / sweep.Replicates));
        if (power < PairedDesign.TargetPower)
        {
            yield return $"{arm.Label}: the published step from N={points[0].N} to {points[1].N} is "
                + $"{step:+0.000;-0.000;0.000}, {Math.Abs(step) * sweep.Prompts.Count:0} of {sweep.Prompts.Count} "
                + $"prompts. Even if it is all gain, this design sees it with {100 * power:0}% power only.";
        }
    }
}

/// <summary>What an arm will take.</summary>
/// <param name="AttemptsAtMost">If no chain stops before N.</param>
/// <param name="Pilot">Prompts that the expectations rest on.</param>
/// <param name="Expected">On each axis, for the whole sweep; empty where nothing was recorded.</param>
public sealed record ArmForecast(
    string Arm, long AttemptsAtMost, int Pilot, IReadOnlyDictionary<BudgetAxis, Estimate> Expected)
{
    internal static ArmForecast Of(ArmResults arm, SweepResults sweep, Bootstrap bootstrap, Prices? prices)
    {
        var expected = new Dictionary<BudgetAxis, Estimate>();
        foreach (var axis in Enum.GetValues<BudgetAxis>().Where(a => a is not BudgetAxis.Money || prices is not null))
        {
            if (SweepTotal.Of(PromptTotals(arm, sweep, axis, prices), sweep.Prompts, bootstrap) is { } total)
            {
                expected[axis] = total;
            }
        }

        return new(
            arm.Label,
            (long)sweep.Prompts.Count * sweep.Replicates * arm.Strategy.MaxAttempts,
            arm.Chains.Select(c => c.Prompt).Distinct().Count(),
            expected);
    }

    /// <summary>What all replicates of each prompt take; null for a prompt without all its chains.</summary>
    internal static double?[] PromptTotals(ArmResults arm, SweepResults sweep, BudgetAxis axis, Prices? prices)
    {
        var totals = new double?[sweep.Prompts.Count];
        foreach (var chains in arm.Chains.GroupBy(c => c.Prompt).Where(g => g.Count() == sweep.Replicates))
        {
            // Linq's sum of nullable numbers would take the unknown for zero.
            var costs = chains.SelectMany(c => c.Attempts).Select(a => a.Costs.On(axis, prices)).ToList();
            totals[chains.Key] = costs.Contains(null) ? null : costs.Sum();
        }

        return totals;
    }
}
