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

    private readonly int[] _critical = McNemar.CriticalCounts(Prompts, Alpha);

    /// <summary>The chance that the exact McNemar test of one replicate is significant, to either side.</summary>
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
    /// The smallest difference of two arms that differ on a share <paramref name="discordance"/> of the prompts that
    /// is found with chance <paramref name="power"/>; null when none is, as the difference cannot exceed the
    /// discordance.
    /// </summary>
    public double? MinimalDetectableEffect(double discordance, double power = TargetPower) => Smallest(
        0, discordance, difference => new((discordance + difference) / 2, (discordance - difference) / 2), power);

    /// <summary>
    /// The smallest gain over an arm with the share <paramref name="baseline"/> that is found with
    /// chance <paramref name="power"/>, for arms whose successes correlate so; null when none is.
    /// </summary>
    public double? MinimalDetectableGain(double baseline, double correlation, double power = TargetPower) => Smallest(
        0, 1 - baseline, gain => Discordance.FromRates(Math.Min(1, baseline + gain), baseline, correlation), power);

    /// <summary>
    /// The chance that a mean paired difference is significant in the normal approximation. For several replicates:
    /// <paramref name="deviation"/> is that of the prompts' mean differences.
    /// </summary>
    public double PowerOfMean(double effect, double deviation)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(deviation);
        var (critical, shift) = (Normal.InvCDF(0, 1, Alpha / 2), Math.Abs(effect) * Math.Sqrt(Prompts) / deviation);
        return Normal.CDF(0, 1, critical + shift) + Normal.CDF(0, 1, critical - shift);
    }

    /// <summary>The smallest mean paired difference that is found with chance <paramref name="power"/>.</summary>
    public double MinimalDetectableMean(double deviation, double power = TargetPower)
    {
        // The other side's chance is left out here: it is below a millionth at any power worth having.
        var quantiles = Normal.InvCDF(0, 1, power) - Normal.InvCDF(0, 1, Alpha / 2);
        return quantiles * deviation / Math.Sqrt(Prompts);
    }

    /// <summary>Bisection to a thousandth of a prompt: power grows with the effect.</summary>
    private double? Smallest(double low, double high, Func<double, Discordance> at, double power)
    {
        if (!(power > Alpha && power < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(power), power, "Power lies between alpha and 1.");
        }

        if (Power(at(high)) < power)
        {
            return null;
        }

        while (high - low > 1e-3 / Prompts)
        {
            var middle = (low + high) / 2;
            (low, high) = Power(at(middle)) < power ? (middle, high) : (low, middle);
        }

        return high;
    }
}
