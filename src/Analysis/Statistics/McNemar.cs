using MathNet.Numerics.Distributions;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// The exact McNemar test (McNemar 1947) of two arms on the same prompts, one replicate each. Only discordant prompts
/// count: if the arms were equal, each would have gone either way with equal chance.
/// </summary>
public static class McNemar
{
    /// <summary>The two-sided p, twice the smaller binomial tail.</summary>
    /// <param name="onlyFirst">b: prompts that the first arm alone got right.</param>
    /// <param name="onlySecond">c: prompts that the second arm alone got right.</param>
    public static double Exact(int onlyFirst, int onlySecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecond);
        var discordant = onlyFirst + onlySecond;
        return onlyFirst == onlySecond
            ? 1
            : Math.Min(1, 2 * Binomial.CDF(0.5, discordant, Math.Min(onlyFirst, onlySecond)));
    }
}
