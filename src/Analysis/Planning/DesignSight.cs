using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Planning;

/// <summary>
/// The smallest difference of two arms that a design shows with 80% power in one replicate; more replicates can only
/// help, by how much is known after the pilot alone.
/// </summary>
/// <param name="Published">The published difference: the effect that one is after, or null.</param>
/// <param name="Detectable">Smallest and largest under what is not known yet; null where nothing is known.</param>
/// <param name="Basis">What it rests on.</param>
public sealed record DesignSight(
    string Arm, string Versus, double? Published, (double? Low, double? High)? Detectable, string Basis, int Prompts)
{
    /// <summary>Successes of two arms on the same prompts go together, as some prompts are hard for both.</summary>
    private const double UsualCorrelation = 0.5;

    public IEnumerable<string> Warnings => Detectable switch
    {
        null => [],
        (null, _) or (_, null) =>
            [$"{Arm} against {Versus}: with {Prompts} prompts no difference may be seen with 80% power."],
        ({ } low, { } high) when Math.Abs(Published ?? 1) < high =>
            [$"{Arm} against {Versus}: the published difference is {Numbers.Signed(Published!.Value)}, and this design "
                + (Math.Abs(Published.Value) < low
                    ? $"sees {Numbers.Share(low)} or more with 80% power: it needs more prompts."
                    : $"sees from {Numbers.Share(low)} to {Numbers.Share(high)} or more with 80% power, as the arms "
                        + "differ on few or many prompts: it may miss it.")],
        _ => [],
    };

    internal static DesignSight Of(SweepResults sweep, int arm, int versus)
    {
        var (first, second) = (sweep.Arms[arm], sweep.Arms[versus]);
        var (rate, other) = (Rate(first, sweep), Rate(second, sweep));
        var design = new PairedDesign(sweep.Prompts.Count);
        var pairs = PairedShares.Of(Shares(first, sweep), Shares(second, sweep));
        (double? Low, double? High)? detectable = null;
        var basis = "no published share and no pilot: unknown";
        if (pairs.Prompts.Count > 0)
        {
            (detectable, basis) = (
                FromPilot(design, pairs), $"differing prompts of the pilot, {pairs.Prompts.Count} prompts");
        }
        else if ((other ?? rate) is { } baseline)
        {
            (detectable, basis) = (
                (design.MinimalDetectableGain(baseline, UsualCorrelation), design.MinimalDetectableGain(baseline, 0)),
                $"published share {Numbers.Share(baseline)}, "
                    + $"successes that correlate by {UsualCorrelation} or not at all");
        }

        return new(first.Label, second.Label, rate - other, detectable, basis, sweep.Prompts.Count);
    }

    /// <summary>Under the fewest and the most differing prompts that the pilot allows.</summary>
    private static (double? Low, double? High) FromPilot(PairedDesign design, PairedShares pairs)
    {
        // Of several replicates the deviation is measured and not the share of differing prompts.
        if (pairs.Discordant is not var (b, c))
        {
            var mean = pairs.Differences.Average();
            var variance = pairs.Differences.Sum(d => (d - mean) * (d - mean)) / Math.Max(1, pairs.Prompts.Count - 1);
            var seen = variance == 0 ? (double?)null : design.MinimalDetectableMean(Math.Sqrt(variance));
            return (seen, seen);
        }

        var share = ClopperPearson.Share(b + c, pairs.Prompts.Count);
        return (design.MinimalDetectableEffect(share.Low) ?? design.MinimalDetectableEffect(share.High),
            design.MinimalDetectableEffect(share.High));
    }

    private static double? Rate(ArmResults arm, SweepResults sweep) =>
        sweep.Reference(arm)?.Value(arm.Strategy.MaxAttempts, Metric.MeanOverPrompts)?.Value;

    private static double?[] Shares(ArmResults arm, SweepResults sweep) =>
        PromptScores.At(arm, sweep.Prompts.Count, arm.Strategy.MaxAttempts);
}
