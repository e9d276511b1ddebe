using System.Diagnostics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>Whatever happens to the workers of a ledger, its rows are those of one undisturbed process.</summary>
public sealed class ChaosTests(ChaosSweep sweep, ITestOutputHelper output) : IClassFixture<ChaosSweep>
{
    /// <summary>Harm that the two meet in ways of their own comes to both.</summary>
    public static TheoryData<string> Hosts => [ChaosHost.Silos.ToString()!, ChaosHost.Runs.ToString()!];

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Eight_processes_record_what_one_does(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = await LedgerFolder.InAsync(sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        var workers = await StartAsync(ledger, host, 8, slots: 2);
        await sweep.ReachEndAsync(ledger, workers[0]);
        await EndAsync(ledger, host, workers);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Processes_that_are_killed_at_random_are_replaced_by_others(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = await LedgerFolder.InAsync(sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync(); // a run ends with its sweep, and cannot be killed then
        var workers = await StartAsync(ledger, host, 3, slots: 4);
        var random = new NumpyRandom((UInt128)ChaosSweep.Seed);
        const int Kills = 6;
        for (var kill = 1; kill <= Kills; kill++)
        {
            await ledger.ReachAttemptsAsync(sweep.Attempts * kill / (Kills + 2), workers[0]);
            var victim = random.NextInt(workers.Count);
            workers[victim].Kill();
            await workers[victim].EndAsync();
            workers[victim] = await host.StartAsync(ledger, slots: 4);
        }

        await sweep.ReachEndAsync(ledger, workers[0]);
        await EndAsync(ledger, host, workers);
    }

    /// <summary>Here the lease alone tells; what the peers of a silo see is tested with the silos.</summary>
    [Fact]
    public async Task A_run_that_hangs_past_its_lease_loses_its_chains_and_ends_with_the_others_when_it_wakes()
    {
        await using var ledger = await LedgerFolder.InAsync(sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        await using var zombie = await ChaosHost.Runs.StartAsync(ledger, slots: 8);
        await ledger.ReachAttemptsAsync(sweep.Attempts / 4, zombie);
        zombie.Signal("STOP");
        await using var other = await ChaosHost.Runs.StartAsync(ledger, slots: 8);
        await ChaosHost.Runs.EndAsync(ledger, other);
        zombie.Signal("CONT");
        Assert.NotEqual(0, await EndAsync(ledger, ChaosHost.Runs, [zombie]));
    }

    [Fact]
    public async Task A_worker_that_hangs_past_its_lease_loses_its_chains_and_goes_on_when_it_wakes()
    {
        await using var ledger = await LedgerFolder.InAsync(sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        await using var zombie = await ledger.StartAsync("worker", "--slots", "8", "--lease", "3");
        await ledger.ReachAttemptsAsync(sweep.Attempts / 4, zombie);
        zombie.Signal("STOP");
        await using var other = await TakeOverAsync(ledger);
        zombie.Signal("CONT");
        Assert.NotEqual(0, await EndAsync(ledger, ChaosHost.Silos, [zombie, other]));
    }

    /// <summary>Models that take longer to load than a lease lasts, and their time for a batch.</summary>
    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Models_that_are_slow_to_load_keep_their_chains_and_a_load_that_is_killed_is_repeated_by_others(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = await LedgerFolder.InAsync(sweep.Server);
        var slow = ChaosSweep.SlowModel;
        string[] models = ["sana", "reflect-dit", "judge", "detector"];
        using var folder = new TemporaryFolder();
        var here = folder.Write("here.yaml", string.Concat(models.Select(m => $"{m}: {slow}\n")));
        string[] plan = [.. models.SelectMany(m => new[] { "--set", $"models.{m}.placement={slow}" })];
        Task<RunningCli> StartAsync() => host.StartAsync(ledger, slots: 8, worker: ["--lease", "3", "--models", here], plan);
        await ChaosSweep.PlanAsync(ledger);
        List<RunningCli> workers = [await StartAsync(), await StartAsync()];

        await ledger.ReachAsync(16, "SELECT count(*) FROM reflectdit.chains WHERE worker IS NOT NULL", workers[0]);
        // The one that came last has just begun to load; the other may be done with it.
        var loads = await ledger.ScalarAsync("SELECT max(process)::bigint FROM reflectdit.workers WHERE number = (SELECT max(worker) FROM reflectdit.chains)");
        var victim = workers.FindIndex(w => w.Id == loads);
        Assert.Equal(8, await ledger.ScalarAsync("""
            SELECT count(*) FROM reflectdit.chains c WHERE worker = (SELECT max(worker) FROM reflectdit.chains)
                AND NOT EXISTS (SELECT FROM reflectdit.attempts a WHERE a.chain_id = c.id)
            """));
        workers[victim].Kill();
        await workers[victim].EndAsync();
        workers[victim] = await StartAsync();
        await sweep.ReachEndAsync(ledger, workers[victim]);
        Assert.Equal(8, await EndAsync(ledger, host, workers)); // those that it held, and none of the other
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_process_that_is_told_to_stop_gives_back_what_it_held(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = await LedgerFolder.InAsync(sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        await using var drained = await host.StartAsync(ledger, slots: 8);
        await ledger.ReachAttemptsAsync(sweep.Attempts / 3, drained);
        drained.Signal("TERM");
        var end = await drained.EndAsync().WaitAsync(LedgerFolder.Patience);
        Assert.True(end.ExitCode == host.StoppedExitCode, end.Error);
        Assert.Equal(0, await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.chains WHERE worker IS NOT NULL"));
        Assert.Equal(1, await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.workers WHERE ended_at IS NOT NULL"));
        await using var next = await host.StartAsync(ledger, slots: 16);
        await sweep.ReachEndAsync(ledger, next);
        await EndAsync(ledger, host, [next]);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_database_that_is_killed_and_comes_back_is_waited_for_by_all(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = LedgerFolder.Private();
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        var workers = await StartAsync(ledger, host, 2, slots: 8);
        for (var kill = 1; kill <= 2; kill++)
        {
            await ledger.ReachAttemptsAsync(sweep.Attempts * kill / 3, workers[0]);
            using var server = Process.GetProcessById(await ledger.ServerAsync());
            server.Kill();
            await server.WaitForExitAsync();
        }

        await sweep.ReachEndAsync(ledger, workers[0]);
        await EndAsync(ledger, host, workers);
    }

    [Fact]
    public async Task A_worker_whose_connections_are_cut_comes_back_and_one_that_is_cut_off_loses_its_chains()
    {
        await using var ledger = await LedgerFolder.InAsync(sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        await using var wire = new Wire(await ledger.AddressAsync());
        await using var worker = await ledger.StartAsync("worker", "--slots", "4", "--lease", "3", "--database", wire.Address);
        await ledger.ReachAttemptsAsync(sweep.Attempts / 5, worker);
        await wire.CutUntilTriedAsync(3);
        await ledger.ReachAttemptsAsync(sweep.Attempts * 2 / 5, worker);

        // Silence, which neither side can tell from slowness: only the lease ends it.
        await using (await ledger.HoldWritesAsync())
        {
            await ledger.ReachWaitingAsync(1, worker); // so that it is cut off at work
            wire.Freeze();
        }

        await using var other = await TakeOverAsync(ledger);
        wire.Thaw();
        Assert.NotEqual(0, await EndAsync(ledger, ChaosHost.Silos, [worker, other]));
    }

    [NetworkNamespaceFact]
    public async Task A_worker_whose_network_swallows_everything_loses_its_chains_and_comes_back_with_the_network()
    {
        // Ends last: nobody must speak to its addresses when they are not there.
        await using var network = await NetworkNamespace.CreateAsync();
        await using var ledger = await LedgerFolder.InAsync(sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        await using var wire = new Wire(await ledger.AddressAsync(), network.OurAddress);
        await using var worker = await ledger.StartWithinAsync(
            network.Exec, "worker", "--slots", "8", "--lease", "3", "--database", wire.Address);
        await ledger.ReachAttemptsAsync(sweep.Attempts / 4, worker);
        await using (await ledger.HoldWritesAsync())
        {
            await ledger.ReachWaitingAsync(1, worker);
            await network.CutAsync();
        }

        await using var other = await TakeOverAsync(ledger, "--database", wire.Address);
        await network.JoinAsync();
        Assert.NotEqual(0, await EndAsync(ledger, ChaosHost.Silos, [other]));

        // Nobody else is left to do more.
        await ChaosSweep.PlanAsync(ledger, "--set", "name=next");
        await ledger.ReachAsync(0, "SELECT -count(*) FROM reflectdit.chains WHERE state <> 'done'", worker);
        await ChaosHost.Silos.EndAsync(ledger, worker);
    }

    [MountFact]
    public async Task A_worker_whose_disk_is_full_says_so_and_another_goes_on()
    {
        await using var ledger = await LedgerFolder.InAsync(sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await using var disk = await SmallDisk.MountAsync(Path.Combine(ledger.Path, "artifacts"), "256k");
        await using var full = await ledger.StartAsync("worker", "--slots", "4");
        var end = await full.EndAsync().WaitAsync(LedgerFolder.Patience);
        Assert.Equal(4, end.ExitCode);
        Assert.Contains("No space left on device", end.Error, StringComparison.Ordinal);
        await disk.ResizeAsync("64m");
        await using var next = await ledger.StartAsync("worker");
        await sweep.ReachEndAsync(ledger, next);
        await EndAsync(ledger, ChaosHost.Silos, [next]);
    }

    private static ChaosHost Host(string name) => name == ChaosHost.Silos.ToString() ? ChaosHost.Silos : ChaosHost.Runs;

    private static async Task<List<RunningCli>> StartAsync(LedgerFolder ledger, ChaosHost host, int processes, int slots)
    {
        var started = new List<RunningCli>();
        for (var i = 0; i < processes; i++)
            started.Add(await host.StartAsync(ledger, slots));
        return started;
    }

    /// <summary>Another worker ends the sweep, with the chains of one that is silent.</summary>
    private async Task<RunningCli> TakeOverAsync(LedgerFolder ledger, params string[] options)
    {
        var other = await ledger.StartAsync(["worker", "--lease", "3", .. options]);
        await sweep.ReachEndAsync(ledger, other);
        return other;
    }

    /// <returns>How many chains were taken from a worker that had begun them.</returns>
    private async Task<long> EndAsync(LedgerFolder ledger, ChaosHost host, IReadOnlyList<RunningCli> workers)
    {
        foreach (var worker in workers)
            await host.EndAsync(ledger, worker);
        var again = await sweep.AssertUndisturbedAsync(ledger);
        output.WriteLine($"{again} chains were taken again after a worker had begun them");
        return again;
    }
}
