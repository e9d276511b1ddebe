namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// Values of prompts as a distribution that can be tilted to a lower mean and stays the likeliest one of that mean: each
/// value seen n times has the weight n / (k + tilt value), and what is left goes to the lowest value possible (Owen 1988;
/// for passes and fails it is Tango's estimate in closed form).
/// </summary>
internal sealed class TiltedValues
{
    private readonly (double Value, double Count)[] _values;
    private readonly double _most;

    /// <param name="values">Each between minus and plus <paramref name="most"/>.</param>
    public TiltedValues(double[] values, double most)
        : this([.. values.GroupBy(v => v).Select(g => (g.Key, (double)g.Count()))], most)
    {
    }

    /// <param name="values">With how often each is seen, or expected.</param>
    public TiltedValues((double Value, double Count)[] values, double most)
    {
        (_values, _most, Count) = (values, most, values.Sum(v => v.Count));
        Mean = values.Sum(v => v.Value * v.Count) / Count;
    }

    public double Count { get; }

    /// <summary>As seen, without a tilt.</summary>
    public double Mean { get; }

    /// <summary>Mean and variance at a tilt of 0 or more.</summary>
    public (double Mean, double Variance) At(double tilt)
    {
        var least = tilt * _most;
        var lowest = _values.Where(v => v.Value == -_most).Sum(v => v.Count);
        var k = Math.Max(least + lowest, Count - (tilt * Mean));
        if (lowest > 0 || tilt == 0 || Weights(least).Sum > 1)
        {
            // The sum of the weights is convex and falls with k: Newton's steps come from below and do not pass the root.
            for (var step = 0; step < 100; step++)
            {
                var (sum, slope) = Weights(k);
                var next = k + ((sum - 1) / slope);
                if (!(next > k))
                {
                    break;
                }

                k = next;
            }
        }
        else
        {
            k = least;
        }

        var (mean, square, left) = (0.0, 0.0, 1.0);
        foreach (var (value, count) in _values)
        {
            var weight = count / (k + (tilt * value));
            mean += weight * value;
            square += weight * value * value;
            left -= weight;
        }

        left = Math.Max(0, left);
        mean -= left * _most;
        return (mean, Math.Max(0, square + (left * _most * _most) - (mean * mean)));

        (double Sum, double Slope) Weights(double at)
        {
            var (sum, slope) = (0.0, 0.0);
            foreach (var (value, count) in _values)
            {
                var weight = count / (at + (tilt * value));
                sum += weight;
                slope += weight / (at + (tilt * value));
            }

            return (sum, slope);
        }
    }
}
