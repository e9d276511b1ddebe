namespace ReflectDiT.Eval.Core.Benchmarks;

/// <summary>Prompts in strata, and what is measured over them. Its settings alone decide all of it.</summary>
public interface IBenchmark
{
    /// <summary>In an order that never changes: a prompt is known by its place.</summary>
    IReadOnlyList<BenchmarkPrompt> Prompts { get; }

    /// <summary>
    /// The columns of its tables, in order: the two overall means first, then one for each stratum. A mean over
    /// categories takes them in this order.
    /// </summary>
    IReadOnlyList<Metric> Metrics { get; }
}

/// <param name="Stratum">The group that it belongs to.</param>
/// <param name="Text">What the generator is given.</param>
/// <param name="Metadata">What scorers need to know of it: the benchmark's own line, JSON.</param>
public sealed record BenchmarkPrompt(string Stratum, string Text, string Metadata);
