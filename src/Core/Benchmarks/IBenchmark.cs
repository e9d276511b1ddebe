using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Core.Benchmarks;

/// <summary>Prompts in strata, ways to score their images, and tables of the scores. Its settings alone decide all of it.</summary>
public interface IBenchmark
{
    /// <summary>In an order that never changes: a prompt is known by its place. No text is given twice.</summary>
    IReadOnlyList<BenchmarkPrompt> Prompts { get; }

    BenchmarkTables Tables { get; }

    /// <summary>Of images that were scored elsewhere, by whatever that was.</summary>
    ScorerConfiguration ScoredElsewhere { get; }

    /// <summary>The scorer that a sweep records.</summary>
    /// <exception cref="System.Text.Json.JsonException">This build does not know it, or a setting of it.</exception>
    IScorer Scorer(ScorerConfiguration configuration);
}

/// <param name="Stratum">The group that it belongs to.</param>
/// <param name="Text">What the generator is given.</param>
/// <param name="Metadata">All that the benchmark says of it: JSON of one line, with the text as its <c>prompt</c>.</param>
public sealed record BenchmarkPrompt(string Stratum, string Text, string Metadata);
