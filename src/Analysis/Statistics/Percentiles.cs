namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>Percentiles as NumPy takes them: linear between the two nearest values.</summary>
internal static class Percentiles
{
    /// <summary>Sorts the values and gives their middle 95%.</summary>
    public static Interval Middle95(double[] values)
    {
        Array.Sort(values);
        return new(Of(values, 0.025), Of(values, 0.975));
    }

    /// <summary>Infinite values are allowed: between a finite and an infinite one lies the infinite one.</summary>
    public static double Of(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var index = (int)place;
        var (low, high) = (sorted[index], sorted[Math.Min(index + 1, sorted.Length - 1)]);
        return place == index || low == high ? low : low + ((place - index) * (high - low));
    }
}
