namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>A number and its 95% interval.</summary>
public readonly record struct Estimate(double Value, Interval Interval);
