using ReflectDiT.Eval.Core.GenEval;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner.Sweeps;

namespace ReflectDiT.Eval.Runner;

/// <summary>From a sweep's configuration to what is planned in the ledger and run.</summary>
public static class SweepPlanner
{
    /// <exception cref="FormatException">A model's parameters are wrong.</exception>
    public static SweepSetup Setup(SweepConfiguration configuration, CallSettings calls, ModelCatalog models)
    {
        var prompts = PromptSet.Generate(configuration.Benchmark.Seed, configuration.Benchmark.PerTask);
        var plan = new SweepPlan(
            configuration.Name,
            configuration.ToJson(),
            calls.ToJson(),
            configuration.Seed,
            configuration.Replicates,
            Prompts(prompts),
            [.. configuration.Arms.Select(a => new PlannedArm(
                a.Name,
                a.Strategy.MaxAttempts,
                Simulated: a.Generator.IsSimulated || a.Judge.IsSimulated || configuration.Scorer.Detector.IsSimulated,
                a.Strategy.IsOracle,
                a.Published))],
            Scorer(configuration));
        return new(
            plan,
            prompts,
            [.. configuration.Arms.Select(a => new ArmModels(models.Generator(a), models.Judge(a), a.Strategy))],
            models.Detector,
            configuration.Scorer.Options!,
            calls);
    }

    /// <summary>A sweep as it was planned, for a worker that was told only its id.</summary>
    public static async Task<SweepSetup> SetupAsync(
        LedgerSession session, Guid sweep, ModelCatalog models, CancellationToken cancellation)
    {
        var row = await session.Sweeps.FindAsync(sweep.ToString(), cancellation);
        return Setup(SweepConfiguration.FromJson(row.Configuration), CallSettings.FromJson(row.Calls), models);
    }

    public static IReadOnlyList<PlannedPrompt> Prompts(IReadOnlyList<PromptMetadata> prompts) =>
        [.. prompts.Select(p => new PlannedPrompt(p.Tag, p.Prompt, MetadataJson.Write(p)))];

    public static PlannedScorer Scorer(SweepConfiguration configuration) => new("geneval", configuration.ScorerJson());

    /// <summary>
    /// The first <paramref name="limit"/> prompts of a category (null: of all), taken in turn from the categories so
    /// that a small part of the benchmark resembles the whole; a larger limit takes the same prompts and more.
    /// </summary>
    public static IReadOnlyList<int> Select(IReadOnlyList<PromptMetadata> prompts, string? category, int? limit) =>
    [
        .. prompts
            .Index()
            .Where(p => category is null || p.Item.Tag == category)
            .GroupBy(p => p.Item.Tag)
            .SelectMany(tag => tag.Select((p, rank) => (p.Index, rank)))
            .OrderBy(p => p.rank)
            .Take(limit ?? int.MaxValue)
            .Select(p => p.Index),
    ];
}
