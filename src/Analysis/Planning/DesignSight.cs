using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Planning;

/// <summary>
/// The smallest difference of two arms that a design shows with 80% power. How far replicates help depends on how much a
/// prompt's outcome varies from one to the next, which the pilot shows: before it they may help wholly or not at all.
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
            [$"{Arm} against {Versus}: with {Prompts} prompts no difference can be seen with 80% power."],
        ({ } low, { } high) when Math.Abs(Published ?? 1) < high =>
            [$"{Arm} against {Versus}: the published difference is {Numbers.Signed(Published!.Value)}, and this design "
                + (Math.Abs(Published.Value) < low
                    ? $"sees {Numbers.Share(low)} or more with 80% power: it needs more prompts."
                    : $"sees from {Numbers.Share(low)} to {Numbers.Share(high)} or more with 80% power, as the arms "
                        + "differ on few or many prompts: it may miss it.")],
        _ => [],
    };

    /// <summary>
    /// How much of the variance of a prompt's mean difference more replicates would take away: what replicates vary by within a
    /// prompt, over the replicates run; null without replicates.
    /// </summary>
    public double? Within { get; private init; }

    /// <summary>What narrows the interval of the difference.</summary>
    public string Narrowing => "more prompts narrow the interval, four times as many to half; " + (Within switch
    {
        null => "what more replicates do is seen from a pilot (--pilot) with two or more of them",
        0 => "more replicates do not: those of a prompt are all alike",
        { } share => $"more replicates can take away {100 * share:0}% of its variance at most, what they vary by within a prompt",
    });

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
                (
                    sweep.Replicates == 1
                        ? design.MinimalDetectableGain(baseline, UsualCorrelation)
                        : design.MinimalDetectableMeanGain(baseline, UsualCorrelation, sweep.Replicates),
                    design.MinimalDetectableGain(baseline, 0)),
                $"published share {Numbers.Share(baseline)}, "
                    + $"successes that correlate by {UsualCorrelation} or not at all"
                    + (sweep.Replicates == 1 ? "" : $", and {sweep.Replicates} replicates that are independent or all alike"));
        }

        return new(first.Label, second.Label, rate - other, detectable, basis, sweep.Prompts.Count)
        {
            Within = WithinShare(first, second),
        };
    }

    /// <summary>One-way analysis of variance of the differences, over prompts with the same replicates in both arms.</summary>
    private static double? WithinShare(ArmResults first, ArmResults second)
    {
        var others = second.Chains.ToDictionary(c => (c.Prompt, c.Replicate), c => c.Attempts[c.Shown].Value);
        var prompts = first.Chains
            .Select(c => (c.Prompt, Difference: c.Attempts[c.Shown].Value - others.GetValueOrDefault((c.Prompt, c.Replicate))))
            .Where(c => c.Difference is not null).GroupBy(c => c.Prompt, c => c.Difference!.Value)
            .Select(g => g.ToArray()).Where(d => d.Length > 1).ToList();
        if (prompts.Count < 2)
        {
            return null;
        }

        var within = prompts.Average(d => Variance(d) / d.Length);
        var between = Variance([.. prompts.Select(d => d.Average())]);
        return within == 0 ? 0 : Math.Min(1, within / between);

        static double Variance(double[] values)
        {
            var mean = values.Average();
            return values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
        }
    }

    /// <summary>Under the fewest and the most differing prompts that the pilot allows.</summary>
    private static (double? Low, double? High) FromPilot(PairedDesign design, PairedShares pairs)
    {
        var differing = pairs.Differences.Count(d => d != 0);
        var share = ClopperPearson.Share(differing, pairs.Prompts.Count);
        if (pairs.Discordant is not null)
        {
            return (design.MinimalDetectableEffect(share.Low), design.MinimalDetectableEffect(share.High));
        }

        // A prompt that differs does so as much as in the pilot.
        var square = differing == 0 ? 1 : pairs.Differences.Sum(d => d * d) / differing;
        var size = PairedDesign.SizeOf(pairs.Differences);
        return (design.MinimalDetectableMean(share.Low * square, size), design.MinimalDetectableMean(share.High * square, size));
    }

    private static double? Rate(ArmResults arm, SweepResults sweep) =>
        sweep.Reference(arm)?.Value(arm.Strategy.MaxAttempts, Metric.MeanOverPrompts)?.Value;

    private static Rational?[] Shares(ArmResults arm, SweepResults sweep) =>
        PromptScores.Exact(arm, sweep.Prompts.Count, arm.Strategy.MaxAttempts);
}
