namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// A mean of what people would say of all prompts, where they said it of some and a scorer of all: the scorer's mean of the
/// others, times a weight, and the mean of what people say beyond it (PPI++, Angelopoulos, Duchi and Zrnic 2023). Right whatever
/// the scorer is worth; narrow where it is worth much.
/// </summary>
/// <remarks>The prompts with labels are a random sample of all.</remarks>
/// <param name="Weight">Of the scorer: 0 takes the labels alone.</param>
/// <param name="Labelled">Prompts with labels.</param>
public sealed record PredictionPowered(double Value, Interval Interval, double Weight, int Labelled, int Prompts)
{
    /// <summary>The fewest labelled prompts that have a variance.</summary>
    public const int Fewest = 2;

    /// <param name="labelled">What people and the scorer say of each labelled prompt; at least <see cref="Fewest"/>.</param>
    /// <param name="others">What the scorer says of the others.</param>
    /// <param name="range">What a value can be: 0 to 1, or -1 to 1 for a difference.</param>
    public static PredictionPowered Of(
        IReadOnlyList<(double Label, double Score)> labelled, double[] others, Interval range, Bootstrap bootstrap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(labelled.Count, Fewest);

        // Where the scorer's errors are in more doubt than the labels themselves it is left out.
        var (alone, powered) = (With(0), With(WeightOf(labelled, others)));
        return powered.Interval.High - powered.Interval.Low < alone.Interval.High - alone.Interval.Low ? powered : alone;

        PredictionPowered With(double weight)
        {
            double[] beyond = [.. labelled.Select(l => l.Label - (weight * l.Score))];
            double[] errors = [.. labelled.Select(l => l.Label - l.Score)];
            var most = range.High - range.Low;
            List<(double Weight, IPairedTest Mean)> parts = [];
            if (weight > 0 && PairedMean.IsFew([errors]))
            {
                // Of a scorer that is hardly ever seen to err the errors keep an interval of their own, which counts those not seen.
                parts.Add((1, new PairedScore([errors], most)));
                parts.Add((1 - weight, PairedMean.Of([[.. labelled.Select(l => l.Score)]], bootstrap)));
            }
            else
            {
                parts.Add((1, PairedMean.Of([beyond], bootstrap, most)));
            }

            if (weight > 0)
            {
                parts.Add((weight, PairedMean.Of([others], bootstrap)));
            }

            var value = beyond.Average() + (weight > 0 ? weight * others.Average() : 0);
            double Half(Func<IPairedTest, double> end) => Math.Sqrt(parts.Sum(p => Math.Pow(p.Weight * (end(p.Mean) - p.Mean.Value), 2)));
            return Within(range, value, Half(m => m.Interval.Low), Half(m => m.Interval.High), weight, labelled.Count, labelled.Count + others.Length);
        }
    }

    /// <summary>The unweighted mean over categories, by variance recovery from the interval of each (Zou and Donner 2008).</summary>
    public static PredictionPowered MeanOf(IReadOnlyList<PredictionPowered> categories, Interval range)
    {
        double Half(Func<PredictionPowered, double> distance) => Math.Sqrt(categories.Sum(c => Math.Pow(distance(c), 2))) / categories.Count;
        return Within(
            range,
            categories.Average(c => c.Value),
            Half(c => c.Value - c.Interval.Low),
            Half(c => c.Interval.High - c.Value),
            categories.Average(c => c.Weight),
            categories.Sum(c => c.Labelled),
            categories.Sum(c => c.Prompts));
    }

    private static PredictionPowered Within(Interval range, double value, double below, double above, double weight, int labelled, int prompts)
    {
        double Clip(double x) => Math.Clamp(x, range.Low, range.High);
        return new(Clip(value), new(Clip(value - below), Clip(value + above)), weight, labelled, prompts);
    }

    /// <summary>The weight with which the variance is least, from 0 to 1.</summary>
    public static double WeightOf(IReadOnlyList<(double Label, double Score)> labelled, double[] others)
    {
        double[] all = [.. labelled.Select(l => l.Score), .. others];
        var mean = all.Average();
        var variance = all.Sum(s => (s - mean) * (s - mean)) / (all.Length - 1);
        if (others.Length == 0 || variance == 0)
        {
            return 0;
        }

        var (labels, scores) = (labelled.Average(l => l.Label), labelled.Average(l => l.Score));
        var covariance = labelled.Sum(l => (l.Label - labels) * (l.Score - scores)) / (labelled.Count - 1);
        return Math.Clamp(covariance / ((1 + ((double)labelled.Count / others.Length)) * variance), 0, 1);
    }
}
