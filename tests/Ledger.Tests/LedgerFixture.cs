using Npgsql;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

/// <summary>A ledger in a fresh database and a fresh folder, and small things to put into it.</summary>
internal sealed class LedgerFixture : IAsyncDisposable
{
    private LedgerFixture(LedgerSession session, string connectionString, string folder)
    {
        Session = session;
        ConnectionString = connectionString;
        Folder = folder;
    }

    public LedgerSession Session { get; }

    public string ConnectionString { get; }

    public string Folder { get; }

    public static async Task<LedgerFixture> CreateAsync(PostgresServer server)
    {
        var folder = Directory.CreateTempSubdirectory("reflectdit-ledger-").FullName;
        var database = await server.CreateDatabaseAsync();
        return new(await LedgerSession.OpenAsync(folder, database, CancellationToken.None), database, folder);
    }

    public static SweepPlan Plan(string name = "sweep", int prompts = 2, int replicates = 1) => new(
        name,
        $$"""{"name":"{{name}}","prompts":{{prompts}},"replicates":{{replicates}}}""",
        Calls: "{}",
        Seed: 7,
        replicates,
        [.. Enumerable.Range(0, prompts).Select(i => new BenchmarkPrompt("single_object", $"a photo of thing {i}", "{}"))],
        [new("first", 4, Simulated: true, Oracle: false, Published: null), new("second", 4, false, true, "reflect-dit")],
        new("geneval", "{}"),
        [Model]);

    /// <summary>A model of the sweep, as its file has it.</summary>
    public static NamedModel Model { get; } = new("sana", new("kind", null) { Batch = 4 }, new() { Device = "cpu" });

    /// <summary>With white space and an order that the database must leave as they are.</summary>
    public const string Evidence = """{"seen": [0.1, 1e-3],  "by": "a detector"}""";

    public static NewAttempt Attempt(OpenChain chain, int index, int? ends = null, params ContextItem[] context)
    {
        byte[] image = [.. chain.Id.ToByteArray(), (byte)index];
        return Attempt(chain, index, $"{chain.Id} {index}", image, $"fault {index}", ends, context);
    }

    /// <param name="asked">What the drawing was made from: equal ones ask for the same.</param>
    public static NewAttempt Attempt(
        OpenChain chain, int index, string asked, byte[] image, string feedback, int? ends = null, params ContextItem[] context)
    {
        var drawing = new DrawingFact(Identity.Of($"drawing {asked}"), 1000 + index, ArtifactStore.NameOf(image), 0.25, 1.25, 40, image);
        return new(
            chain.Id,
            chain.Epoch,
            new(index, 0, index),
            new(context),
            drawing,
            new(
                Identity.Of($"judgement {asked}"),
                ends is null ? new Verdict(false, 0.25, 0.75, feedback) : new Verdict(true, 0.75, 0.25, ""),
                "text",
                0.25,
                0.25,
                1400),
            new(drawing.Id, Plan().Scorer!.Id, Score.OfPass(ends is not null, ends is not null ? "" : "expected cat>=1, found 0", Evidence)),
            ends);
    }

    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    /// <summary>A new worker takes up to <paramref name="most"/> chains.</summary>
    public async Task<(WorkerSession Worker, IReadOnlyList<OpenChain> Chains)> ClaimAsync(
        int most = 1000, WorkScope? scope = null, TimeSpan? lease = null, string? silo = null, bool besideOthers = true)
    {
        var worker = await WorkerSession.OpenAsync(
            Session.Source, new(4, scope?.Arms, silo), lease ?? Lease, () => { }, CancellationToken.None);
        return (worker, await Session.Leases.ClaimAsync(worker.Number, scope ?? new(), most, besideOthers, CancellationToken.None));
    }

    /// <returns>The numbers of the workers that were found lost, and ended.</returns>
    public Task<IReadOnlyList<int>> EndLostWorkersAsync() =>
        Session.Leases.EndLostWorkersAsync(TimeSpan.Zero, CancellationToken.None);

    public AttemptWriter Writer() => new(Session.Source, Session.Artifacts);

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Session.Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<PostgresException> RefusedAsync(string sql)
    {
        await using var command = Session.Source.CreateCommand(sql);
        return await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
