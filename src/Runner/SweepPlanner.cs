using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner.Sweeps;

namespace ReflectDiT.Eval.Runner;

/// <summary>From a sweep's configuration to what is planned in the ledger and run.</summary>
public static class SweepPlanner
{
    /// <param name="host">None of its models is loaded.</param>
    public static SweepSetup Setup(SweepDefinition sweep, ModelHost host) => Setup(sweep, host, new Dictionary<string, Placement>(), []);

    /// <summary>A sweep as it was planned, for a worker that was told only its id.</summary>
    /// <param name="placements">Where this worker has models, by the name that the sweep gives them.</param>
    public static async Task<SweepSetup> SetupAsync(
        LedgerSession session,
        Guid sweep,
        ModelHost host,
        IReadOnlyDictionary<string, Placement> placements,
        CancellationToken cancellation)
    {
        var row = await session.Sweeps.FindAsync(sweep.ToString(), cancellation);
        return Setup(
            new(
                SweepConfiguration.FromJson(row.Configuration),
                CallSettings.FromJson(row.Calls),
                await session.Models.OfSweepAsync(sweep, cancellation)),
            host,
            placements,
            await session.Scorings.OfSweepAsync(sweep, cancellation));
    }

    /// <param name="scorers">Besides the sweep's own.</param>
    private static SweepSetup Setup(
        SweepDefinition sweep, ModelHost host, IReadOnlyDictionary<string, Placement> placements, IReadOnlyList<SweepScorer> scorers)
    {
        var (configuration, calls, named) = sweep;
        var models = new SweepModels(
            [.. named.Select(m => placements.TryGetValue(m.Name, out var here) ? m with { Placement = m.Placement.With(here) } : m)], host);
        var benchmark = BenchmarkCatalog.Open(configuration.Benchmark);
        var scorer = configuration.Scorer is { } recorded ? benchmark.Scorer(recorded) : null;
        var plan = new SweepPlan(
            configuration.Name,
            configuration.ToJson(),
            calls.ToJson(),
            configuration.Seed,
            configuration.Replicates,
            benchmark.Prompts,
            [.. configuration.Arms.Select(a => new PlannedArm(
                a.Name,
                a.Strategy.MaxAttempts,
                Simulated: a.Generator.IsSimulated || a.Judge.IsSimulated || scorer?.Model.IsSimulated == true,
                a.Strategy.IsOracle,
                a.Published))],
            PlannedScorer.Of(configuration),
            named);
        return new(
            plan,
            [.. configuration.Arms.Where(a => a.Imported is null).Select(a => new ArmModels(
                models.Generator(a.Generator), models.Judge(a.Judge), a.Strategy))],
            Scorings(),
            calls);

        Dictionary<Guid, ImageScoring> Scorings()
        {
            var all = scorers.ToDictionary(s => s.Id, s => benchmark.Scorer(s.Configuration));
            if (scorer is not null)
            {
                all.TryAdd(plan.Scorer!.Id, scorer);
            }

            return all.Where(s => s.Value.Model.Kind != ModelConfiguration.Elsewhere)
                .ToDictionary(s => s.Key, s => ImageScoring.Of(s.Value, models));
        }
    }

    /// <summary>
    /// The first <paramref name="limit"/> prompts of a category (null: of all), taken in turn from the categories so
    /// that a small part of the benchmark resembles the whole; a larger limit takes the same prompts and more.
    /// </summary>
    public static IReadOnlyList<int> Select(IReadOnlyList<BenchmarkPrompt> prompts, string? category, int? limit) =>
    [
        .. prompts
            .Index()
            .Where(p => category is null || p.Item.Stratum == category)
            .GroupBy(p => p.Item.Stratum)
            .SelectMany(tag => tag.Select((p, rank) => (p.Index, rank)))
            .OrderBy(p => p.rank)
            .Take(limit ?? int.MaxValue)
            .Select(p => p.Index),
    ];
}
