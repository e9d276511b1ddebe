using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>Processes come, are killed or told to stop, and others come.</summary>
public sealed class KillTests(ChaosSweep sweep, ITestOutputHelper output) : ChaosTests(sweep, output)
{
    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Eight_processes_record_what_one_does(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        var workers = await StartAsync(ledger, host, 8, slots: 2);
        await Sweep.ReachEndAsync(ledger, workers[0]);
        await EndAsync(ledger, host, workers);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Processes_that_are_killed_at_random_are_replaced_by_others(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync(); // a run ends with its sweep, and cannot be killed then
        var workers = await StartAsync(ledger, host, 3, slots: 4);
        var random = new NumpyRandom((UInt128)ChaosSweep.Seed);
        const int Kills = 6;
        for (var kill = 1; kill <= Kills; kill++)
        {
            await ledger.ReachAttemptsAsync(Sweep.Attempts * kill / (Kills + 2), workers[0]);
            var victim = random.NextInt(workers.Count);
            workers[victim].Kill();
            await workers[victim].EndAsync();
            workers[victim] = await host.StartAsync(ledger, slots: 4);
        }

        await Sweep.ReachEndAsync(ledger, workers[0]);
        await EndAsync(ledger, host, workers);
    }

    [Fact]
    public async Task Workers_that_only_score_are_killed_at_work_and_others_score_what_they_held()
    {
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        using var folder = new TemporaryFolder();
        string[] slowly = ["--models", folder.Write("slow.yaml", "detector: {batch_seconds: 1}\n")];
        await ChaosSweep.PlanAsync(ledger);
        await using var drawing = await ledger.StartAsync("worker", "--roles", "generate,judge");
        for (var kill = 1; kill <= 2; kill++)
        {
            await using var victim = await ledger.StartAsync(["worker", "--roles", "score", "--slots", "8", .. slowly]);
            await ledger.ReachAsync(
                4,
                $"SELECT count(*) FROM reflectdit.scorings q JOIN reflectdit.workers w ON w.number = q.worker WHERE w.process = {victim.Id}",
                victim);
            victim.Kill();
            await victim.EndAsync();
        }

        await using var next = await ledger.StartAsync("worker", "--roles", "score");
        await Sweep.ReachEndAsync(ledger, next);
        await EndAsync(ledger, ChaosHost.Silos, [drawing, next]);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_process_that_is_told_to_stop_gives_back_what_it_held(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        await using var drained = await host.StartAsync(ledger, slots: 8);
        await ledger.ReachAttemptsAsync(Sweep.Attempts / 3, drained);
        drained.Signal("TERM");
        var end = await drained.EndAsync().WaitAsync(LedgerFolder.Patience);
        Assert.True(end.ExitCode == host.StoppedExitCode, end.Error);
        Assert.Equal(0, await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.chains WHERE worker IS NOT NULL"));
        Assert.Equal(1, await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.workers WHERE ended_at IS NOT NULL"));
        await using var next = await host.StartAsync(ledger, slots: 16);
        await Sweep.ReachEndAsync(ledger, next);
        await EndAsync(ledger, host, [next]);
    }
}
