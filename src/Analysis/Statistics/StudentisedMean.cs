namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// The studentised bootstrap of a mean paired difference (bootstrap-t, Efron 1979; Hall 1988): t is the mean's distance in its
/// own standard errors, and how t varies is seen from prompts drawn again, each time with the standard error of what was drawn.
/// </summary>
/// <remarks>
/// The interval is equal-tailed and p is twice the smaller tail's share of t, the sample itself counted: so a difference lies in
/// the interval if and only if its p is not below 5%. It knows no difference that was not seen, so <see cref="PairedMean"/>
/// asks for it only where enough prompts differ.
/// </remarks>
public sealed class StudentisedMean : IPairedTest
{
    public const string TestName = "studentised-bootstrap";

    private const double Alpha = 0.05;

    private readonly double _error;
    private readonly double _most;

    /// <summary>Ascending.</summary>
    private readonly double[] _resampled;

    /// <param name="strata">
    /// A difference for each prompt, in the groups whose means are averaged, at least two a group; drawn again within each.
    /// </param>
    /// <param name="most">The largest difference possible, to either side.</param>
    public StudentisedMean(IReadOnlyList<double[]> strata, Bootstrap bootstrap, double most = 1)
    {
        if (strata.Count == 0 || strata.Any(s => s.Length < 2))
        {
            throw new ArgumentException("Every group needs two differences for a standard error.", nameof(strata));
        }

        var groups = strata.Count;
        _most = most;
        Value = strata.Average(s => s.Average());
        _error = Math.Sqrt(strata.Sum(s => Square(s.Average(d => d * d), s.Average(), s.Length)) / groups / groups);
        if (_error == 0)
        {
            throw new ArgumentException("All differences are equal: t has no scale.", nameof(strata));
        }

        // Mean and mean square of each group by itself: zero in the others leaves its share of the mean of means.
        var means = bootstrap.Means(
        [
            .. Enumerable.Range(0, groups).SelectMany(k => new Func<double, double>[] { d => d, d => d * d }
                .Select(power => strata.Select((s, i) => i == k ? Array.ConvertAll(s, d => power(d)) : new double[s.Length]).ToArray())),
        ]);
        _resampled = new double[means[0].Length];
        for (var r = 0; r < _resampled.Length; r++)
        {
            var (mean, square) = (0.0, 0.0);
            for (var k = 0; k < groups; k++)
            {
                var own = groups * means[2 * k][r];
                mean += own / groups;
                square += Square(groups * means[(2 * k) + 1][r], own, strata[k].Length);
            }

            var (distance, error) = (mean - Value, Math.Sqrt(square) / groups);
            _resampled[r] = error > 1e-9 * most ? distance / error
                : Math.Abs(distance) <= 1e-9 * most ? 0
                : Math.Sign(distance) * double.PositiveInfinity;
        }

        Array.Sort(_resampled);

        // Of a group's mean.
        static double Square(double square, double mean, int prompts) => Math.Max(0, square - (mean * mean)) / (prompts - 1);
    }

    public string Name => TestName;

    public double Value { get; }

    public Interval Interval
    {
        get
        {
            // The fewest in a tail whose p is not below the level.
            var tail = (int)Math.Ceiling(Alpha / 2 * (_resampled.Length + 1)) - 1;
            return new(
                Math.Max(-_most, Value - (_error * _resampled[^tail])), Math.Min(_most, Value - (_error * _resampled[tail - 1])));
        }
    }

    public double P => PFor(0);

    public double PFor(double difference)
    {
        var t = (Value - difference) / _error;
        var above = _resampled.Count(r => r >= t);
        var below = _resampled.Count(r => r <= t);
        return Math.Min(1, 2 * (Math.Min(above, below) + 1.0) / (_resampled.Length + 1));
    }
}
