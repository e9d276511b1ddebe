using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

/// <summary>Silos that are killed, or hang, at work: others see it long before their leases end.</summary>
public sealed class SiloDeathTests(PostgresServer server, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task A_silo_that_joins_gets_work_and_takes_over_when_the_first_is_killed()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server, perTask: 10);
        var slow = await sweep.SlowWritesAsync();
        var first = await sweep.StartSiloAsync(slots: 4);
        await sweep.UntilAttemptsAsync(10);
        var second = await sweep.StartSiloAsync(slots: 4);
        await sweep.UntilAsync("the second works too", async () => (await sweep.HeldAsync(second)).Count > 0);

        var held = await FreezeAtWorkAsync(sweep, first);
        await slow.DisposeAsync();
        var clock = Stopwatch.StartNew();
        await first.KillAsync();
        await sweep.UntilAsync("its chains go on", async () => await MovedAsync(sweep, held, second));
        output.WriteLine($"{held.Count} chains of a killed silo were at work elsewhere, or done, after {clock.Elapsed.TotalSeconds:0.0} s");

        await sweep.UntilDoneAsync();
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_silo_that_hangs_loses_its_chains_before_their_leases_end_and_joins_again_when_it_wakes()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server, perTask: 10);
        var (first, second) = (sweep.BeginSilo(slots: 4), sweep.BeginSilo(slots: 4));
        var slow = await sweep.SlowWritesAsync();
        await sweep.UntilActiveAsync(first);
        await sweep.UntilActiveAsync(second);
        var held = await FreezeAtWorkAsync(sweep, first);
        await slow.DisposeAsync();
        var clock = Stopwatch.StartNew();
        await sweep.UntilAsync("its chains go on", async () => await MovedAsync(sweep, held, second));
        output.WriteLine($"{held.Count} chains of a hung silo were at work elsewhere, or done, after {clock.Elapsed.TotalSeconds:0.0} s");

        first.Thaw();
        await sweep.UntilActiveAsync(first);
        await sweep.UntilDoneAsync();
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
        Assert.Equal(0, await first.TerminateAsync());
    }

    /// <summary>Stops a silo in its tracks while it has chains at work.</summary>
    /// <returns>These chains.</returns>
    private static async Task<List<Guid>> FreezeAtWorkAsync(ClusterSweep sweep, SiloProcess silo)
    {
        List<Guid> held = [];
        await sweep.UntilAsync("the silo is frozen at work", async () =>
        {
            silo.Freeze();
            held = await sweep.HeldAsync(silo);
            if (held.Count == 0)
                silo.Thaw();
            return held.Count > 0;
        });
        return held;
    }

    private static async Task<bool> MovedAsync(ClusterSweep sweep, List<Guid> chains, SiloProcess to)
    {
        await using var tables = new LedgerContext(sweep.Session.Source);
        var moved = await tables.Chains.CountAsync(c => chains.Contains(c.Id) && (c.State == ChainState.Done
            || tables.Workers.Any(w => w.Number == c.Worker && w.Process == to.Id)));
        return moved == chains.Count;
    }
}
