using MathNet.Numerics.Distributions;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// The score test of a mean paired difference, and the interval that it inverts: a difference lies in the interval if and
/// only if the test does not reject it. Of passes and fails it is Tango's (1998) score interval, with the usual correction
/// for what comes in steps: half a prompt.
/// </summary>
/// <remarks>
/// The variance is not that of the differences seen but of the likeliest distribution whose mean is the one that is tested
/// (Owen 1988), which may hold differences that were not seen up to the largest possible. So prompts that all agree leave a
/// doubt, and an interval always has a width.
/// </remarks>
public sealed class PairedScore : IPairedTest
{
    public const string TestName = "paired-score";

    /// <summary>In prompts.</summary>
    private const double Correction = 0.5;

    /// <summary>Bisections: to the last digits of a double.</summary>
    private const int Steps = 60;

    private readonly TiltedValues[] _rising;
    private readonly TiltedValues[] _falling;
    private readonly double _correction;

    /// <param name="strata">
    /// A difference for each prompt, in the groups whose means are averaged (one group for the mean over prompts).
    /// </param>
    /// <param name="most">The largest difference possible, to either side.</param>
    public PairedScore(IReadOnlyList<double[]> strata, double most = 1)
    {
        ArgumentOutOfRangeException.ThrowIfZero(strata.Count);
        if (strata.Any(s => s.Length == 0 || s.Any(d => !(Math.Abs(d) <= most))))
        {
            throw new ArgumentOutOfRangeException(
                nameof(strata), $"Every group needs differences, each between -{most} and {most}.");
        }

        _rising = [.. strata.Select(s => new TiltedValues(s, most))];
        _falling = [.. strata.Select(s => new TiltedValues(Array.ConvertAll(s, d => -d), most))];
        Value = _rising.Average(s => s.Mean);

        // The mean moves by a prompt's weight when one prompt changes from fail to pass.
        _correction = CorrectionFor(strata.Min(s => s.Length)) / strata.Count;
    }

    public string Name => TestName;

    public double Value { get; }

    public Interval Interval => new(Low(_rising, Value), -Low(_falling, -Value));

    public double P => PFor(0);

    public double PFor(double difference)
    {
        var (strata, distance) = difference <= Value ? (_rising, Value - difference) : (_falling, difference - Value);
        if (distance <= _correction)
        {
            return 1;
        }

        var variance = VarianceAt(strata, distance);
        return variance == 0 ? 0 : 2 * Normal.CDF(0, 1, -(distance - _correction) / Math.Sqrt(variance));
    }

    /// <summary>Of the mean, under the likeliest distribution whose mean is another one.</summary>
    internal double VarianceFor(double difference) => difference <= Value
        ? VarianceAt(_rising, Value - difference)
        : VarianceAt(_falling, difference - Value);

    /// <summary>The variance that the test takes for no difference, of prompts whose differences come as often as this.</summary>
    /// <param name="values">With a mean of 0 or more.</param>
    internal static double VarianceOfNone((double Value, double Count)[] values)
    {
        TiltedValues[] one = [new([.. values.Where(v => v.Count > 0)], 1)];
        return VarianceAt(one, one[0].Mean);
    }

    /// <summary>Of the likeliest distribution whose mean is lower than what is seen by a distance.</summary>
    private static double VarianceAt(TiltedValues[] strata, double distance)
    {
        // The tilt rises from none to all mass on the lowest value, and the mean falls with it.
        var (low, high, mean) = (0.0, 1.0, strata.Average(s => s.Mean));
        for (var step = 0; step < Steps; step++)
        {
            var middle = (low + high) / 2;
            (low, high) = mean - At(strata, middle).Mean < distance ? (middle, high) : (low, middle);
        }

        return At(strata, high).Variance;
    }

    /// <summary>Half of what one of so many prompts weighs in their mean.</summary>
    internal static double CorrectionFor(int prompts) => Correction / prompts;

    /// <summary>
    /// For each number of prompts that one arm alone gets right, from 0 to <paramref name="most"/>, the largest smaller part of
    /// them that is still significant at <paramref name="alpha"/>; -1 where none is. For no difference Tango's variance is
    /// that number.
    /// </summary>
    internal static int[] CriticalCounts(int most, double alpha)
    {
        var critical = Normal.InvCDF(0, 1, 1 - (alpha / 2));
        return
        [
            .. Enumerable.Range(0, most + 1)
                .Select(d => Math.Max(-1, (int)Math.Floor((d - Correction - (critical * Math.Sqrt(d))) / 2))),
        ];
    }

    /// <summary>The lowest mean that is not rejected.</summary>
    private double Low(TiltedValues[] strata, double value)
    {
        var (low, high) = (0.0, 1.0);
        for (var step = 0; step < Steps; step++)
        {
            var middle = (low + high) / 2;
            var (mean, variance) = At(strata, middle);
            (low, high) = value - mean - _correction < Wilson.Z * Math.Sqrt(variance) ? (middle, high) : (low, middle);
        }

        return At(strata, low).Mean;
    }

    /// <summary>The mean of the groups' means, and its variance, under the likeliest distribution at a tilt from 0 to 1.</summary>
    private static (double Mean, double Variance) At(TiltedValues[] strata, double tilt)
    {
        var prompts = strata.Sum(s => s.Count);
        var (mean, variance) = (0.0, 0.0);
        foreach (var stratum in strata)
        {
            var (m, v) = stratum.At(prompts * tilt / (1 - tilt) / strata.Length);
            mean += m / strata.Length;
            variance += v / stratum.Count / strata.Length / strata.Length;
        }

        return (mean, variance);
    }
}
