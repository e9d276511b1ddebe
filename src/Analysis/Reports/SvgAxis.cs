namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>An axis from its lowest to its highest tick, both round numbers.</summary>
public sealed record SvgAxis(double Low, double High, double Step, double From, double To)
{
    private const int MostTicks = 6;
    private static readonly double[] Round = [1, 2, 4, 5, 10];

    public IEnumerable<double> Ticks =>
        Enumerable.Range(0, (int)Math.Round((High - Low) / Step) + 1).Select(i => Math.Round(Low + (i * Step), 9));

    /// <summary>An axis that holds all values, within limits, drawn from one place to another.</summary>
    public static SvgAxis Around(IReadOnlyList<double> values, double least, double most, double from, double to)
    {
        var (low, high) = (Math.Max(least, values.Min()), Math.Min(most, values.Max()));
        var rough = Math.Max(high - low, 1e-6) / MostTicks;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = power * Round.First(r => r * power >= rough * (1 - 1e-9));
        low = Math.Floor((low / step) + 1e-9) * step;
        high = Math.Max(low + step, Math.Ceiling((high / step) - 1e-9) * step);
        return new(low, high, step, from, to);
    }

    /// <summary>Where a value is drawn.</summary>
    public double At(double value) => From + ((value - Low) / (High - Low) * (To - From));
}
