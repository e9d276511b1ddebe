using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ReflectDiT.Eval.Grains;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner;
using ReflectDiT.Eval.Runner.Sweeps;
using ReflectDiT.Eval.Silo.Cluster;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

/// <summary>A part of the demo sweep, planned in a ledger of its own, for silos to work on.</summary>
internal sealed class ClusterSweep : IAsyncDisposable
{
    /// <summary>Of silos that are processes: nobody here waits so long, so what is taken from them is not taken for this.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromHours(1);

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly List<SiloProcess> _silos = [];
    private readonly string _folder;
    private readonly string _database;
    private IHost? _client;

    private ClusterSweep(string folder, string database, LedgerSession session, SweepSetup setup)
    {
        _folder = folder;
        _database = database;
        Session = session;
        Setup = setup;
    }

    public LedgerSession Session { get; }

    public SweepSetup Setup { get; }

    public static async Task<ClusterSweep> PlanAsync(PostgresServer server, int perTask = 1)
    {
        var folder = Directory.CreateTempSubdirectory("reflectdit-silo-").FullName;
        var database = await server.CreateDatabaseAsync();
        var session = await LedgerSession.OpenAsync(folder, database, CancellationToken.None);
        var file = Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "sweeps", "demo.yaml");
        var setup = SweepPlanner.Setup(SweepFile.Read(
            file,
            [
                $"benchmark.per_task={perTask}",
                "arms.0.strategy.n=6",
                "arms.1.strategy.n=6",
            ]), new ModelHost());
        await session.Sweeps.PlanAsync(setup.Plan, CancellationToken.None);
        return new(folder, database, session, setup);
    }

    /// <summary>What one undisturbed process records of the same sweep.</summary>
    public async Task<IReadOnlyList<string>> UndisturbedAsync(PostgresServer server)
    {
        var folder = Path.Combine(_folder, "undisturbed");
        var database = await server.CreateDatabaseAsync();
        await using var session = await LedgerSession.OpenAsync(folder, database, CancellationToken.None);
        await new SweepRunner(session, Setup).RunAsync(
            [.. Enumerable.Range(0, Setup.Plan.Prompts.Count)], 16, new RunProgress(), CancellationToken.None);
        return await LedgerDump.OfAsync(database);
    }

    public Task<IReadOnlyList<string>> DumpAsync() => LedgerDump.OfAsync(_database);

    /// <summary>The ledger once more.</summary>
    /// <param name="how">What is added to the connection string.</param>
    public Task<LedgerSession> OpenAsync(string how) =>
        LedgerSession.OpenAsync(_folder, $"{_database};{how}", CancellationToken.None);

    /// <summary>Starts the program's worker, and waits until its silo is active.</summary>
    public async Task<SiloProcess> StartSiloAsync(int slots)
    {
        var silo = BeginSilo(slots);
        await UntilActiveAsync(silo);
        return silo;
    }

    public SiloProcess BeginSilo(int slots)
    {
        var silo = SiloProcess.Start(_folder, _database, slots, Lease);
        _silos.Add(silo);
        return silo;
    }

    public Task UntilActiveAsync(SiloProcess silo) => UntilAsync($"silo of process {silo.Id} is active", async () =>
    {
        Assert.False(silo.HasExited, $"The silo ended before it was active:\n{silo.Output}");
        await using var find = Session.Source.CreateCommand(
            "SELECT EXISTS (SELECT FROM reflectdit.silos WHERE status = 'Active' AND name LIKE '%-' || $1)");
        find.Parameters.AddWithValue(silo.Id.ToString());
        return await find.ExecuteScalarAsync() is true;
    });

    /// <summary>Makes each write of attempts take long, until it is disposed: what is to be seen under way is not over before.</summary>
    public async Task<IAsyncDisposable> SlowWritesAsync()
    {
        await ExecuteAsync(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;
            CREATE TRIGGER slow BEFORE INSERT ON reflectdit.attempts FOR EACH STATEMENT EXECUTE FUNCTION slow()
            """);
        return new Cure(() => ExecuteAsync("DROP TRIGGER slow ON reflectdit.attempts"));
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Session.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A silo in this process, until the token is cancelled.</summary>
    public Task HostSiloAsync(int slots, string[]? arms, CancellationToken stop, string cluster = SiloHost.DefaultCluster) =>
        new SiloHost(
            Session,
            (_, _) => Task.FromResult(Setup),
            new WorkerOptions(slots, new(Arms: arms)),
            new RunProgress(),
            cluster).RunAsync(stop);

    public async Task<IClusterClient> ClientAsync()
    {
        _client ??= await LedgerCluster.ConnectAsync(Session, CancellationToken.None);
        return _client.Services.GetRequiredService<IClusterClient>();
    }

    public async Task<ISweepGrain> GrainAsync() => (await ClientAsync()).GetGrain<ISweepGrain>(Setup.Plan.Id);

    public async Task<int> AttemptsAsync()
    {
        await using var tables = new LedgerContext(Session.Source);
        return await tables.Attempts.CountAsync();
    }

    /// <returns>The chains that a silo has at work.</returns>
    public async Task<List<Guid>> HeldAsync(SiloProcess silo)
    {
        await using var tables = new LedgerContext(Session.Source);
        return await tables.Chains
            .Where(c => tables.Workers.Any(w => w.Number == c.Worker && w.Process == silo.Id))
            .Select(c => c.Id).ToListAsync();
    }

    public Task UntilAttemptsAsync(int least) => UntilAsync($"{least} attempts are recorded", async () =>
    {
        var done = await DoneAsync();
        var reached = await AttemptsAsync() >= least;
        Assert.True(reached || !done, $"The sweep ended before {least} attempts were recorded: it is too small for this test.");
        return reached;
    });

    public Task UntilDoneAsync() => UntilAsync("the sweep is done", DoneAsync);

    private async Task<bool> DoneAsync()
    {
        var counts = await Session.Leases.CountAsync(new(Setup.Plan.Id), CancellationToken.None);
        return counts.Done + counts.Failed == counts.Total
            && (await Session.Scorings.CountAsync(new(Setup.Plan.Id), CancellationToken.None)).Open == 0;
    }

    /// <summary>Asks again and again, as somebody who watches would.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> reached)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await reached())
        {
            try
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Not within {Patience.TotalMinutes:0} minutes: {what}. The silos said:\n"
                    + string.Join("\n", _silos.Select(s => s.Output)));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.StopAsync();
            _client.Dispose();
        }

        foreach (var silo in _silos)
            await silo.DisposeAsync();
        await Session.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Ends what a test has done to others.</summary>
internal sealed class Cure(Func<Task> cure) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await cure();
}
