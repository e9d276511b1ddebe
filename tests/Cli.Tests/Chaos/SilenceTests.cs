namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>Workers that hang.</summary>
public sealed class SilenceTests(ChaosSweep sweep, ITestOutputHelper output) : ChaosTests(sweep, output)
{
    /// <summary>Here the lease alone tells; what the peers of a silo see is tested with the silos.</summary>
    [Fact]
    public async Task A_run_that_hangs_past_its_lease_loses_its_chains_and_ends_with_the_others_when_it_wakes()
    {
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        await using var zombie = await ChaosHost.Runs.StartAsync(ledger, slots: 8);
        await ledger.ReachAttemptsAsync(Sweep.Attempts / 4, zombie);
        zombie.Signal("STOP");
        await using var other = await ChaosHost.Runs.StartAsync(ledger, slots: 8);
        await ChaosHost.Runs.EndAsync(ledger, other);
        zombie.Signal("CONT");
        Assert.NotEqual(0, await EndAsync(ledger, ChaosHost.Runs, [zombie]));
    }

    [Fact]
    public async Task A_worker_that_hangs_past_its_lease_loses_its_chains_and_goes_on_when_it_wakes()
    {
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        await using var zombie = await ledger.StartAsync("worker", "--slots", "8", "--lease", "3");
        await ledger.ReachAttemptsAsync(Sweep.Attempts / 4, zombie);
        zombie.Signal("STOP");
        await using var other = await TakeOverAsync(ledger);
        zombie.Signal("CONT");
        Assert.NotEqual(0, await EndAsync(ledger, ChaosHost.Silos, [zombie, other]));
    }
}
