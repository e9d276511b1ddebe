namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>Workers that are cut off from the database, or cannot write.</summary>
public sealed class CutOffTests(ChaosSweep sweep, ITestOutputHelper output) : ChaosTests(sweep, output)
{
    [Fact]
    public async Task A_worker_whose_connections_are_cut_comes_back_and_one_that_is_cut_off_loses_its_chains()
    {
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        await using var wire = new Wire(await ledger.AddressAsync());
        await using var worker = await ledger.StartAsync("worker", "--slots", "4", "--lease", "3", "--database", wire.Address);
        await ledger.ReachAttemptsAsync(Sweep.Attempts / 5, worker);
        await wire.CutUntilTriedAsync(3);
        await ledger.ReachAttemptsAsync(Sweep.Attempts * 2 / 5, worker);

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
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        await using var wire = new Wire(await ledger.AddressAsync(), network.OurAddress);
        await using var worker = await ledger.StartWithinAsync(
            network.Exec, "worker", "--slots", "8", "--lease", "3", "--bind", "0.0.0.0", "--database", wire.Address);
        await ledger.ReachAttemptsAsync(Sweep.Attempts / 4, worker);
        await using (await ledger.HoldWritesAsync())
        {
            await ledger.ReachWaitingAsync(1, worker);
            await network.CutAsync();
        }

        await using var other = await TakeOverAsync(ledger, "--bind", "0.0.0.0", "--database", wire.Address);
        await network.JoinAsync();
        Assert.NotEqual(0, await EndAsync(ledger, ChaosHost.Silos, [other]));

        // Nobody else is left to do more.
        await ChaosSweep.PlanAsync(ledger, "--set", "name=next");
        await ledger.ReachAsync(0, "SELECT -(SELECT count(*) FROM reflectdit.chains WHERE state <> 'done') - (SELECT count(*) FROM reflectdit.scorings)", worker);
        await ChaosHost.Silos.EndAsync(ledger, worker);
    }

    [MountFact]
    public async Task A_worker_whose_disk_is_full_says_so_and_another_goes_on()
    {
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await using var disk = await SmallDisk.MountAsync(Path.Combine(ledger.Path, "artifacts"), "256k");
        await using var full = await ledger.StartAsync("worker", "--slots", "4");
        var end = await full.EndAsync().WaitAsync(LedgerFolder.Patience);
        Assert.Equal(4, end.ExitCode);
        Assert.Contains("No space left on device", end.Error, StringComparison.Ordinal);
        await disk.ResizeAsync("64m");
        await using var next = await ledger.StartAsync("worker");
        await Sweep.ReachEndAsync(ledger, next);
        await EndAsync(ledger, ChaosHost.Silos, [next]);
    }
}
