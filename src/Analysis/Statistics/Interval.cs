namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>A 95% confidence interval, both ends included.</summary>
public readonly record struct Interval(double Low, double High)
{
    public bool Contains(double value) => Low <= value && value <= High;
}
