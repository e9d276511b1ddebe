using MathNet.Numerics.Distributions;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// What a comparison of two arms on the same prompts can see. Before a run the discordance is assumed or comes from a
/// pilot; after it, it is the one seen, with the effect that one is after, never the effect seen: the power for that
/// one says no more than p.
/// </summary>
/// <param name="Alpha">Two-sided level of the test.</param>
public sealed record PairedDesign(int Prompts, double Alpha = 0.05)
{
    /// <summary>The usual target.</summary>
    public const double TargetPower = 0.8;

    private readonly int[] _critical = PairedScore.CriticalCounts(Prompts, Alpha);

    /// <summary>The chance that the score test of one replicate is significant, to either side.</summary>
    public double Power(Discordance discordance)
    {
        if (discordance is not { OnlyFirst: >= 0, OnlySecond: >= 0, Total: <= 1 + 1e-12 })
        {
            throw new ArgumentOutOfRangeException(nameof(discordance), discordance, "Chances sum to at most 1.");
        }

        if (discordance.Total == 0)
        {
            return 0;
        }

        var (power, total) = (0.0, Math.Min(1, discordance.Total));
        for (var discordant = 1; discordant <= Prompts; discordant++)
        {
            var weight = Math.Exp(Binomial.PMFLn(total, Prompts, discordant));
            if (_critical[discordant] >= 0 && weight > 1e-18)
            {
                power += weight * Math.Min(1, Tail(discordance.OnlyFirst) + Tail(discordance.OnlySecond));
            }

            double Tail(double side) =>
                Binomial.CDF(Math.Min(1, side / discordance.Total), discordant, _critical[discordant]);
        }

        return Math.Min(1, power);
    }

    /// <summary>
    /// The smallest difference of two arms that differ on a share <paramref name="discordance"/> of the prompts, or on more
    /// where the difference itself is larger, that is found with chance <paramref name="power"/>; null when none is, as
    /// the prompts are too few.
    /// </summary>
    public double? MinimalDetectableEffect(double discordance, double power = TargetPower) =>
        Smallest(1, difference => Power(WithDifference(discordance, difference)), power);

    /// <summary>Two arms that differ on so many prompts, or on as many as their difference needs at least.</summary>
    public static Discordance WithDifference(double discordance, double difference)
    {
        var total = Math.Max(discordance, Math.Abs(difference));
        return new((total + difference) / 2, (total - difference) / 2);
    }

    /// <summary>
    /// The smallest gain over an arm with the share <paramref name="baseline"/> that is found with
    /// chance <paramref name="power"/>, for arms whose successes correlate so; null when none is.
    /// </summary>
    public double? MinimalDetectableGain(double baseline, double correlation, double power = TargetPower) =>
        Smallest(1 - baseline, gain => Power(Gain(baseline, correlation, gain)), power);

    /// <summary>
    /// The same for prompts' means of <paramref name="replicates"/> whose differences are independent: the most that
    /// replicates can help. At worst they all say the same, and it is the gain that one of them finds.
    /// </summary>
    public double? MinimalDetectableMeanGain(
        double baseline, double correlation, int replicates, double power = TargetPower) => Smallest(
            1 - baseline,
            gain => PowerOfMean(
                gain, ((Gain(baseline, correlation, gain).Total - (gain * gain)) / replicates) + (gain * gain), 1.0 / replicates),
            power);

    /// <summary>
    /// The chance that the test of <see cref="PairedMean"/> finds a mean paired difference, in the normal approximation: for
    /// several replicates, scores, or a mean over categories.
    /// </summary>
    /// <param name="square">Mean square of the prompts' differences.</param>
    /// <param name="size">As for <see cref="MinimalDetectableMean"/>: small ones leave the test more doubt of large ones.</param>
    public double PowerOfMean(double effect, double square, double size)
    {
        var each = Math.Max(size, Math.Sqrt(square));
        var (difference, share, excess) = (Math.Abs(effect), square / (each * each), Math.Abs(effect) / each);
        var (rising, falling) = ((share + excess) / 2, Math.Max(0, share - excess) / 2);
        var level = Math.Max(0, 1 - share);
        var none = PairedScore.VarianceOfNone([(each, Prompts * rising), (-each, Prompts * falling), (0, Prompts * level)]);
        var error = Math.Sqrt(Math.Max(0, square - (difference * difference)) / Prompts);
        var critical = Normal.InvCDF(0, 1, 1 - (Alpha / 2));
        var score = Beyond(difference - PairedScore.CorrectionFor(Prompts) - (critical * Math.Sqrt(none)));

        // As many differ from the median prompt as from 0, or from each where most differ by that.
        var differing = rising <= 0.5 ? share : level + (2 * falling) is var rest && rest > 0 ? rest * rest / (level + (4 * falling)) : 0;
        var enough = 1 - Binomial.CDF(Math.Min(1, differing), Prompts, PairedMean.Few - 1);
        return (enough * Beyond(difference - (critical * Math.Sqrt(square / Prompts)))) + ((1 - enough) * score);

        double Beyond(double distance) => error > 0 ? Normal.CDF(0, 1, distance / error) : distance > 0 ? 1 : 0;
    }

    /// <summary>
    /// The smallest mean paired difference that is found with chance <paramref name="power"/>, for prompts whose differences
    /// have this mean square, or the larger one that a larger difference needs; null when none is.
    /// </summary>
    /// <param name="size">
    /// How large a prompt's difference is where there is one, weighted by itself (the sum of squares over that of sizes): a
    /// mean difference d then needs a mean square of d times it, as d needs as much discordance where each prompt passes or
    /// fails.
    /// </param>
    public double? MinimalDetectableMean(double square, double size, double power = TargetPower) => Smallest(
        1, difference => PowerOfMean(difference, Math.Max(square, difference * Math.Max(size, difference)), size), power);

    /// <summary>How large a difference is where there is one; where there are too few to say, as large as it can be.</summary>
    public static double SizeOf(IReadOnlyList<double> differences)
    {
        var (sizes, squares) = (differences.Sum(Math.Abs), differences.Sum(d => d * d));
        return sizes * sizes < PairedMean.Few * squares || sizes == 0 ? 1 : squares / sizes;
    }

    private static Discordance Gain(double baseline, double correlation, double gain) =>
        Discordance.FromRates(Math.Min(1, baseline + gain), baseline, correlation);

    /// <summary>Bisection to a thousandth of a prompt: power grows with the effect.</summary>
    private double? Smallest(double most, Func<double, double> powerOf, double power)
    {
        if (!(power > Alpha && power < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(power), power, "Power lies between alpha and 1.");
        }

        if (powerOf(most) < power)
        {
            return null;
        }

        var (low, high) = (0.0, most);
        while (high - low > 1e-3 / Prompts)
        {
            var middle = (low + high) / 2;
            (low, high) = powerOf(middle) < power ? (middle, high) : (low, middle);
        }

        return high;
    }
}
