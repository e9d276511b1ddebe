namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// The mean paired difference of prompts that come one after another, with an interval and a p that hold at every look at once:
/// the chance that any of them is ever wrong is 5%, however often and whenever one looks.
/// </summary>
/// <remarks>
/// A bet on each difference d against the mean m multiplies the capital by 1 + b (d - m), which a fair game cannot make grow
/// (Waudby-Smith and Ramdas 2024); the capital of a fixed mixture of bets b is a nonnegative martingale, above 20 with a chance
/// of 5% at most (Ville 1939). The mixture does not depend on the order of the prompts, so nothing need be stored by looking.
/// </remarks>
public sealed class AnytimeMean : IPairedTest
{
    public const string TestName = "anytime-betting";

    private const double Capital = 20;

    /// <summary>Sizes of bets, as parts of the largest that cannot ruin: from small ones for many prompts to large ones.</summary>
    private static readonly double[] Bets = [.. Enumerable.Range(0, 24).Select(i => 0.9 * Math.Pow(0.8, i))];

    private readonly (double Value, int Count)[] _differences;

    /// <param name="differences">A difference for each prompt seen so far, from -1 to 1.</param>
    public AnytimeMean(IReadOnlyList<double> differences)
    {
        ArgumentOutOfRangeException.ThrowIfZero(differences.Count);
        if (differences.Any(d => d is not (>= -1 and <= 1)))
        {
            throw new ArgumentOutOfRangeException(nameof(differences), "Differences lie between -1 and 1.");
        }

        _differences = [.. differences.GroupBy(d => d).Select(g => (g.Key, g.Count()))];
        Value = differences.Average();
    }

    public string Name => TestName;

    public double Value { get; }

    public Interval Interval => new(End(-1), End(1));

    public double P => PFor(0);

    public double PFor(double difference) => Math.Min(1, Math.Exp(-LogCapital(difference)));

    /// <summary>The logarithm of the mixture's capital, half of it on a larger and half on a smaller mean.</summary>
    private double LogCapital(double mean)
    {
        double[] logs =
        [
            .. Bets.SelectMany(part => new[] { part / (1 + Math.Max(mean, -0.999)), -part / (1 - Math.Min(mean, 0.999)) })
                .Select(bet => _differences.Sum(d => d.Count * Math.Log(1 + (bet * (d.Value - mean))))),
        ];
        var largest = logs.Max();
        return largest + Math.Log(logs.Average(l => Math.Exp(l - largest)));
    }

    /// <summary>The capital has one minimum near the mean and grows to both sides.</summary>
    private double End(double limit)
    {
        var (inside, outside) = (Value, limit);
        if (LogCapital(limit) < Math.Log(Capital))
        {
            return limit;
        }

        for (var step = 0; step < 60; step++)
        {
            var middle = (inside + outside) / 2;
            (inside, outside) = LogCapital(middle) < Math.Log(Capital) ? (middle, outside) : (inside, middle);
        }

        return inside;
    }
}
