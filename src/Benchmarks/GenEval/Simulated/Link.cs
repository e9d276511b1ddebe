namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>
/// The link between a level on the real line and a probability: Student's t distribution with two degrees of freedom.
/// Like the logistic one, but it and its inverse need only arithmetic that IEEE 754 defines to the last bit, so that
/// a simulated decision can never differ between machines.
/// </summary>
public static class Link
{
    public static double Probability(double level) => 0.5 * (1 + level / Math.Sqrt(level * level + 2));

    /// <summary>The level of a probability; very far out, but finite, for 0 and 1.</summary>
    public static double Quantile(double probability) =>
        (2 * probability - 1) / Math.Sqrt(2 * Math.Max(probability * (1 - probability), 1e-36));
}
