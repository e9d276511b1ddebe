using MathNet.Numerics.Distributions;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>The exact 95% interval for a share of prompts: never below its level, so wider than Wilson's.</summary>
public static class ClopperPearson
{
    /// <summary>Clopper and Pearson 1934.</summary>
    /// <remarks>Counts need not be whole: an effective count is not.</remarks>
    public static Interval Share(double successes, double count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, count);
        return new(
            successes == 0 ? 0 : Beta.InvCDF(successes, count - successes + 1, 0.025),
            successes == count ? 1 : Beta.InvCDF(successes + 1, count - successes, 0.975));
    }
}
