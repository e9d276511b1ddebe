using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Grains;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

/// <summary>Sweeps through grains, with silos that are processes of their own and come and go.</summary>
public sealed class ClusterTests(PostgresServer server, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    /// <summary>For so long the leases alone would keep the chains of a silo that hangs.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Two_silos_record_what_one_process_does_and_answer_live_calls()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server, perTask: 10, batchSeconds: 0.02);
        await sweep.StartSiloAsync(slots: 4);
        await sweep.StartSiloAsync(slots: 2);
        var grain = await sweep.GrainAsync();
        var cluster = (await sweep.ClientAsync()).GetGrain<IClusterGrain>(0);
        await sweep.UntilAsync("both silos answer", async () =>
            (await cluster.SlotsAsync()).Select(s => s.Slots).Order().SequenceEqual([2, 4]));
        await sweep.UntilAttemptsAsync(20);

        await grain.PauseAsync();
        await sweep.UntilAsync("nothing is at work", async () => (await grain.ProgressAsync()).Working == 0);
        var paused = await grain.ProgressAsync();
        Assert.Equal(SweepState.Paused, paused.State);
        Assert.InRange(paused.Done, 0, paused.Chains - 1);
        Assert.All(await cluster.SlotsAsync(), s => Assert.Equal(s.Slots, s.Free));
        var attempts = await sweep.AttemptsAsync();
        await grain.FeedAsync();
        Assert.Equal(attempts, await sweep.AttemptsAsync());

        await grain.ResumeAsync();
        await sweep.UntilDoneAsync();
        var arm = sweep.Setup.Plan.Arms[1].Name;
        var prompt = await grain.PromptAsync(arm, 0, 0);
        Assert.Equal((ChainState.Done, null), (prompt.State, prompt.Silo));
        Assert.InRange(prompt.Shown!.Value, 0, prompt.Attempts - 1);
        Assert.Equal(new SweepProgress(SweepState.Running, paused.Chains, paused.Chains, 0, 0), await grain.ProgressAsync());
        await Assert.ThrowsAsync<KeyNotFoundException>(() => grain.PromptAsync("no such arm", 0, 0));
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_silo_that_joins_gets_work_and_takes_over_when_the_first_is_killed()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server, perTask: 30);
        var first = await sweep.StartSiloAsync(slots: 4);
        await sweep.UntilAttemptsAsync(10);
        var second = await sweep.StartSiloAsync(slots: 4);
        await sweep.UntilAsync("the second works too", async () => (await HeldAsync(sweep, second)).Count > 0);

        var held = await FreezeAtWorkAsync(sweep, first);
        var clock = Stopwatch.StartNew();
        await first.KillAsync();
        await sweep.UntilAsync("its chains go on", async () => await MovedAsync(sweep, held, second));
        output.WriteLine($"{held.Count} chains of a killed silo were at work elsewhere, or done, after {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Lease);

        await sweep.UntilDoneAsync();
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_silo_that_hangs_loses_its_chains_before_their_leases_end_and_joins_again_when_it_wakes()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server, perTask: 30);
        var first = await sweep.StartSiloAsync(slots: 4);
        var second = await sweep.StartSiloAsync(slots: 4);
        var clock = Stopwatch.StartNew();
        var held = await FreezeAtWorkAsync(sweep, first);
        await sweep.UntilAsync("its chains go on", async () => await MovedAsync(sweep, held, second));
        output.WriteLine($"{held.Count} chains of a hung silo were at work elsewhere, or done, after {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Lease);

        first.Thaw();
        await sweep.UntilActiveAsync(first);
        await sweep.UntilDoneAsync();
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
        Assert.Equal(0, await first.TerminateAsync());
    }

    [Fact]
    public async Task A_rolling_restart_loses_nothing()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server, perTask: 100);
        var silos = new Queue<SiloProcess>([await sweep.StartSiloAsync(slots: 4), await sweep.StartSiloAsync(slots: 4)]);
        for (var turn = 0; turn < 2; turn++)
        {
            await sweep.UntilAttemptsAsync(await sweep.AttemptsAsync() + 10);
            silos.Enqueue(await sweep.StartSiloAsync(slots: 4));
            var old = silos.Dequeue();
            Assert.Equal(0, await old.TerminateAsync());
            Assert.Contains("Drained", old.Output, StringComparison.Ordinal);
            Assert.Empty(await HeldAsync(sweep, old));
        }

        await sweep.UntilDoneAsync();
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
    }

    /// <summary>Two clusters know nothing of each other, so each activates every prompt: the worst that can happen.</summary>
    [Fact]
    public async Task Two_activations_of_every_prompt_do_no_harm()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server, perTask: 6);
        using var stop = new CancellationTokenSource();
        var silos = new[] { "one", "two" }.Select(cluster => sweep.HostSiloAsync(slots: 8, null, stop.Token, cluster)).ToArray();
        await sweep.UntilDoneAsync();
        await stop.CancelAsync();
        await Task.WhenAll(silos);
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_silo_without_slots_holds_no_prompt_and_one_with_an_arm_only_that_arms()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server, perTask: 4);
        var served = sweep.Setup.Plan.Arms[0].Name;
        using var stop = new CancellationTokenSource();
        List<Task> silos = [sweep.HostSiloAsync(slots: 0, null, stop.Token), sweep.HostSiloAsync(slots: 4, [served], stop.Token)];
        await sweep.UntilAsync("the served arm is done", async () => await OpenAsync(sweep, arm: 0) == 0);
        await using (var tables = new LedgerContext(sweep.Session.Source))
        {
            Assert.False(await tables.Attempts.AnyAsync(a => tables.Chains.Any(c => c.Id == a.ChainId && c.Arm == 1)));
            Assert.Equal([0, 4], await tables.Workers.Select(w => w.Slots).Order().ToListAsync());
        }

        silos.Add(sweep.HostSiloAsync(slots: 4, null, stop.Token));
        await sweep.UntilDoneAsync();
        await stop.CancelAsync();
        await Task.WhenAll(silos);
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
    }

    private static async Task<int> OpenAsync(ClusterSweep sweep, int arm)
    {
        await using var tables = new LedgerContext(sweep.Session.Source);
        return await tables.Chains.CountAsync(c => c.Arm == arm && c.State == ChainState.Open);
    }

    /// <summary>Stops a silo in its tracks while it has chains at work.</summary>
    /// <returns>These chains.</returns>
    private static async Task<List<Guid>> FreezeAtWorkAsync(ClusterSweep sweep, SiloProcess silo)
    {
        List<Guid> held = [];
        await sweep.UntilAsync("the silo is frozen at work", async () =>
        {
            silo.Freeze();
            held = await HeldAsync(sweep, silo);
            if (held.Count == 0)
                silo.Thaw();
            return held.Count > 0;
        });
        return held;
    }

    private static async Task<List<Guid>> HeldAsync(ClusterSweep sweep, SiloProcess silo)
    {
        await using var tables = new LedgerContext(sweep.Session.Source);
        return await tables.Chains
            .Where(c => tables.Workers.Any(w => w.Number == c.Worker && w.Process == silo.Id))
            .Select(c => c.Id).ToListAsync();
    }

    private static async Task<bool> MovedAsync(ClusterSweep sweep, List<Guid> chains, SiloProcess to)
    {
        await using var tables = new LedgerContext(sweep.Session.Source);
        var moved = await tables.Chains.CountAsync(c => chains.Contains(c.Id) && (c.State == ChainState.Done
            || tables.Workers.Any(w => w.Number == c.Worker && w.Process == to.Id)));
        return moved == chains.Count;
    }
}
