namespace ReflectDiT.Eval.Core.Benchmarks;

/// <summary>How the results of a benchmark are shown.</summary>
/// <param name="Metrics">
/// The columns, in order: the mean over prompts; with several strata, the mean over categories and one for each stratum,
/// which is the order that a mean over categories takes them in.
/// </param>
/// <param name="Published">What others report of it, and the layouts of its tables.</param>
/// <param name="Standard">The layout that a run ends with.</param>
public sealed record BenchmarkTables(
    IReadOnlyList<Metric> Metrics, ScoreWords Words, PublishedNumbers Published, string Standard)
{
    /// <summary>
    /// Who answered for the published numbers, where that is none of this program's models: arms whose images another has
    /// scored say so. Null where published numbers are compared as they are.
    /// </summary>
    public string? PublishedScorer { get; init; }
}

/// <summary>What a benchmark calls an image that passes its scorer, and one that does not: words that can follow "is".</summary>
public sealed record ScoreWords(string Pass, string Fail);
