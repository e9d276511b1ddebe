using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>A small sweep in a ledger of its own.</summary>
internal sealed class TestSweep : IAsyncDisposable
{
    public const int Prompts = 20;

    private TestSweep(string folder, string connectionString, LedgerSession session)
    {
        Folder = folder;
        ConnectionString = connectionString;
        Session = session;
    }

    public string Folder { get; }

    public string ConnectionString { get; }

    public LedgerSession Session { get; }

    public static async Task<TestSweep> CreateAsync(PostgresServer server, ILoggerFactory? logs = null)
    {
        var folder = Directory.CreateTempSubdirectory("reflectdit-runner-").FullName;
        var database = await server.CreateDatabaseAsync();
        return new(folder, database, await LedgerSession.OpenAsync(folder, database, CancellationToken.None, logs));
    }

    /// <summary>Best-of-8 and reflection with the same models, on prompts of one object.</summary>
    public static SweepSetup Setup(TestModels models, CallSettings? calls = null, ModelHost? host = null)
    {
        var benchmark = new GenEvalBenchmark(43, 100);
        host ??= new ModelHost(models);
        var (generator, judge) = (new ModelConfiguration("generator-of-tests", null), new ModelConfiguration("judge-of-tests", null));
        IReadOnlyList<NamedModel> named =
            [new("hashes", generator, new()), new("critic", judge, new()), new("finder", ModelConfiguration.RanElsewhere, new())];
        var placed = new SweepModels(named, host);
        var scorer = new PlannedScorer("geneval", benchmark.ScoredElsewhere.ToJson());
        IStrategy[] strategies = [new BestOfN(8, Selector.FirstAccept), new Reflection(8, 3, ReflectionQuirks.Paper)];
        return new(
            new SweepPlan(
                "test",
                """{"name":"test"}""",
                CallSettings.Default.ToJson(),
                Seed: 5,
                Replicates: 1,
                [.. benchmark.Prompts.Take(Prompts).Select(p => p with { Metadata = "{}" })],
                [.. strategies.Select((s, i) => new PlannedArm($"arm {i}", s.MaxAttempts, false, s.IsOracle, null))],
                scorer,
                named),
            [.. strategies.Select(s => new ArmModels(placed.Generator(generator), placed.Judge(judge), s))],
            new Dictionary<Guid, ImageScoring> { [scorer.Id] = ImageScoring.Of(benchmark.Scorer(benchmark.ScoredElsewhere), placed) },
            calls ?? CallSettings.Default);
    }

    public async Task<RunProgress> RunAsync(
        SweepSetup setup, int concurrency = 16, CancellationToken stop = default)
    {
        var progress = new RunProgress();
        await new SweepRunner(Session, setup).RunAsync(
            [.. Enumerable.Range(0, setup.Plan.Prompts.Count)], concurrency, progress, stop);
        return progress;
    }

    public async Task<long> ScalarAsync(string sql)
    {
        await using var command = Session.Source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public Task<IReadOnlyList<string>> DumpAsync() => LedgerDump.OfAsync(ConnectionString);

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
