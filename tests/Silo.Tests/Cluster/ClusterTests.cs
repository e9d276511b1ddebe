using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Grains;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

/// <summary>Sweeps through grains, with silos that are processes of their own and come and go.</summary>
public sealed class ClusterTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Two_silos_record_what_one_process_does_and_answer_live_calls()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server);
        var slow = await sweep.SlowWritesAsync();
        foreach (var silo in new[] { sweep.BeginSilo(slots: 4), sweep.BeginSilo(slots: 2) })
            await sweep.UntilActiveAsync(silo);
        var grain = await sweep.GrainAsync();
        var cluster = (await sweep.ClientAsync()).GetGrain<IClusterGrain>(0);
        await sweep.UntilAsync("both silos answer", async () =>
            (await cluster.SlotsAsync()).Select(s => s.Slots).Order().SequenceEqual([2, 4]));
        await sweep.UntilAttemptsAsync(10);

        await grain.PauseAsync();
        await slow.DisposeAsync();
        await sweep.UntilAsync("nothing is at work", async () => (await grain.ProgressAsync()).Working == 0);
        var paused = await grain.ProgressAsync();
        Assert.Equal(SweepState.Paused, paused.State);
        Assert.InRange(paused.Done, 0, paused.Chains - 1);
        await sweep.UntilAsync("all slots are free", async () => (await cluster.SlotsAsync()).All(s => s.Slots == s.Free));
        var attempts = await sweep.AttemptsAsync();
        await grain.FeedAsync();
        Assert.Equal(attempts, await sweep.AttemptsAsync());

        await grain.ResumeAsync();
        await sweep.UntilDoneAsync();
        var arm = sweep.Setup.Plan.Arms[1].Name;
        var prompt = await grain.PromptAsync(arm, 0, 0);
        Assert.Equal((ChainState.Done, null), (prompt.State, prompt.Silo));
        Assert.InRange(prompt.Shown!.Value, 0, prompt.Attempts - 1);
        Assert.Equal(new SweepProgress(SweepState.Running, paused.Chains, paused.Chains, 0, 0, 0, 0), await grain.ProgressAsync());
        await Assert.ThrowsAsync<KeyNotFoundException>(() => grain.PromptAsync("no such arm", 0, 0));
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_rolling_restart_loses_nothing()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server, perTask: 20);
        await using (await sweep.SlowWritesAsync())
        {
            var silos = new Queue<SiloProcess>([sweep.BeginSilo(slots: 4), sweep.BeginSilo(slots: 4)]);
            foreach (var silo in silos)
                await sweep.UntilActiveAsync(silo);
            for (var turn = 0; turn < 2; turn++)
            {
                var next = sweep.BeginSilo(slots: 4);
                await sweep.UntilAttemptsAsync(await sweep.AttemptsAsync() + 10);
                await sweep.UntilActiveAsync(next);
                silos.Enqueue(next);
                var old = silos.Dequeue();
                Assert.Equal(0, await old.TerminateAsync());
                Assert.Contains("Drained", old.Output, StringComparison.Ordinal);
                Assert.Empty(await sweep.HeldAsync(old));
            }
        }

        await sweep.UntilDoneAsync();
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
    }

    /// <summary>Two clusters know nothing of each other, so each activates every prompt: the worst that can happen.</summary>
    [Fact]
    public async Task Two_activations_of_every_prompt_do_no_harm()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server);
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
        await using var sweep = await ClusterSweep.PlanAsync(server);
        var served = sweep.Setup.Plan.Arms[0].Name;
        using var stop = new CancellationTokenSource();
        List<Task> silos = [sweep.HostSiloAsync(slots: 0, null, stop.Token), sweep.HostSiloAsync(slots: 4, [served], stop.Token)];
        await sweep.UntilAsync("both silos report their slots", async () => (await SlotsAsync(sweep)).SequenceEqual([0, 4]));
        await sweep.UntilAsync("the served arm is done", async () => await OpenAsync(sweep, arm: 0) == 0);
        await using (var tables = new LedgerContext(sweep.Session.Source))
            Assert.False(await tables.Attempts.AnyAsync(a => tables.Chains.Any(c => c.Id == a.ChainId && c.Arm == 1)));

        silos.Add(sweep.HostSiloAsync(slots: 4, null, stop.Token));
        await sweep.UntilDoneAsync();
        await stop.CancelAsync();
        await Task.WhenAll(silos);
        Assert.Equal(await sweep.UndisturbedAsync(server), await sweep.DumpAsync());
    }

    private static async Task<List<int>> SlotsAsync(ClusterSweep sweep)
    {
        await using var tables = new LedgerContext(sweep.Session.Source);
        return await tables.Workers.Select(w => w.Slots).Order().ToListAsync();
    }

    private static async Task<int> OpenAsync(ClusterSweep sweep, int arm)
    {
        await using var tables = new LedgerContext(sweep.Session.Source);
        return await tables.Chains.CountAsync(c => c.Arm == arm && c.State == ChainState.Open);
    }
}
