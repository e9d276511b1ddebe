namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>Many processes on one sweep, and one that is told to stop.</summary>
public sealed class ManyProcessesTests(ChaosSweep sweep, ITestOutputHelper output) : ChaosTests(sweep, output)
{
    [Fact]
    public async Task Many_processes_record_what_one_does()
    {
        var host = ChaosHost.Silos;
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        var workers = await StartAsync(ledger, host, ChaosSweep.Processes, slots: 4);
        await Sweep.ReachEndAsync(ledger, workers[0]);
        await EndAsync(ledger, host, workers);
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
