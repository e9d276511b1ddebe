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

    /// <summary>
    /// For each number of discordant prompts from 0 to <paramref name="most"/>, the largest smaller count that is still
    /// significant at <paramref name="alpha"/>; -1 where none is.
    /// </summary>
    internal static int[] CriticalCounts(int most, double alpha)
    {
        var critical = new int[most + 1];
        var count = -1;
        for (var discordant = 0; discordant <= most; discordant++)
        {
            // One more discordant prompt moves the limit up by at most one.
            if (2 * (count + 1) < discordant && Exact(count + 1, discordant - count - 1) <= alpha)
            {
                count++;
            }

            critical[discordant] = count;
        }

        return critical;
    }
}
