using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>All that a report needs of a sweep; nothing of time or place.</summary>
/// <param name="Sweep">Name and identity.</param>
/// <param name="Metrics">Of the benchmark, in the order of its columns.</param>
/// <param name="Prompts">Every prompt of the benchmark, in order: those without a chain are missing, not absent.</param>
public sealed record SweepResults(
    string Sweep,
    string Id,
    long Seed,
    int Replicates,
    IReadOnlyList<Metric> Metrics,
    IReadOnlyList<PromptRow> Prompts,
    IReadOnlyList<ArmResults> Arms)
{
    /// <summary>The categories of the benchmark, in the order of its columns.</summary>
    public IReadOnlyList<string> Categories { get; } = [.. Metrics.Select(m => m.Category).OfType<string>()];
}

/// <summary>A prompt of the benchmark.</summary>
public sealed record PromptRow(int Index, string Tag, string Prompt);

/// <param name="Published">Id of the published arm that this one reproduces, or null.</param>
/// <param name="Chains">Finished chains only, ordered by prompt and replicate.</param>
/// <param name="Failed">Chains that ended in failure.</param>
/// <param name="Open">Chains that have not ended.</param>
public sealed record ArmResults(
    string Name,
    bool Simulated,
    string? Published,
    IStrategy Strategy,
    IReadOnlyList<ChainResult> Chains,
    int Failed,
    int Open)
{
    /// <summary>Where the arm was run, if not by this program.</summary>
    public ImportedFrom? Imported { get; init; }

    /// <summary>A decision of this arm depends on the scorer.</summary>
    public bool Oracle => Strategy.IsOracle;

    /// <summary>A rule of the arm uses the scorer's verdict, so that it is an oracle whatever leaked.</summary>
    public bool UsesScorer => Strategy is Recorded recorded ? recorded.UsesScorer : Strategy.IsOracle;

    /// <summary>
    /// The generator read the scorer's words (research: eval.py <c>--cont</c>), though no rule of the arm says so.
    /// </summary>
    public bool Leaked => Strategy is Recorded { Leaked: true };

    /// <summary>The name with everything that must be said wherever a number of the arm is shown.</summary>
    public string Label => Name
        + (Leaked ? " ORACLE: leaked" : Oracle ? " ORACLE" : "")
        + (Simulated ? " SIMULATED" : "")
        + (Imported is null ? "" : " IMPORTED");

    /// <summary>The chains of each prompt that has any, by its index and in its order.</summary>
    /// <param name="covers">The prompts to look at, by index; null for all.</param>
    internal IEnumerable<IGrouping<int, ChainResult>> ByPrompt(Func<int, bool>? covers = null) =>
        Chains.GroupBy(c => c.Prompt).Where(g => covers is null || covers(g.Key)).OrderBy(g => g.Key);
}

/// <summary>A finished chain.</summary>
/// <param name="Prompt">Index into <see cref="SweepResults.Prompts"/>.</param>
public sealed record ChainResult(int Prompt, int Replicate, int Shown, IReadOnlyList<AttemptResult> Attempts);

/// <summary>An attempt as judged and as scored, and what it took.</summary>
/// <param name="Verdict">Null where no judge was asked, or a run elsewhere did not record it.</param>
public sealed record AttemptResult(Verdict? Verdict, bool Correct, AttemptCosts Costs)
{
    /// <summary>Index of the attempt shown had the chain ended after this one, where a run elsewhere recorded it.</summary>
    public int? ShownAfter { get; init; }
}

/// <summary>What an attempt took; null is what a run elsewhere did not record, which is not zero.</summary>
/// <param name="WallSeconds">
/// Until generator, judge and detector had answered, without waiting in a queue; not a result: it differs from run to
/// run.
/// </param>
/// <param name="GeneratorSeconds">Of the device.</param>
/// <param name="JudgeSeconds">Of the device.</param>
/// <param name="FunctionEvaluations">Forward passes of the denoiser.</param>
/// <param name="JudgeTokens">In and out.</param>
public sealed record AttemptCosts(
    double? WallSeconds, double? GeneratorSeconds, double? JudgeSeconds, int? FunctionEvaluations, int? JudgeTokens);
