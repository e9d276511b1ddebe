using Npgsql;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>A worker that is told which chains to take.</summary>
public sealed class SlotGateTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Chosen_chains_record_what_a_worker_that_chooses_itself_does()
    {
        await using var alone = await TestSweep.CreateAsync(server);
        await alone.RunAsync(TestSweep.Setup(new()));
        await using var sweep = await TestSweep.CreateAsync(server);
        var setup = TestSweep.Setup(new());
        await using var worker = await GatedWorker.StartAsync(sweep, setup, slots: 4);
        for (var prompt = 0; prompt < TestSweep.Prompts; prompt++)
        {
            var chosen = new[] { 0, 1 }.Select(arm => worker.Choose(arm, prompt)!).ToList();
            foreach (var chain in chosen)
            {
                Assert.True(await chain.Begun);
                await chain.Ended;
            }
        }

        Assert.NotEqual(0, (await sweep.Session.Scorings.CountAsync(new(), CancellationToken.None)).Open); // as nobody left them to it
        worker.Gate.LeaveToScore(setup.Plan.Id, int.MaxValue);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await sweep.Session.Scorings.CountAsync(new(), patience.Token)).Open > 0)
        {
            await Task.Delay(20, patience.Token);
        }

        Assert.Equal(await alone.DumpAsync(), await sweep.DumpAsync());
        Assert.Equal(4, worker.Gate.Free);
    }

    [Fact]
    public async Task A_slot_is_taken_from_the_choice_to_the_end()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var drawing = new TaskCompletionSource();
        await using var worker = await GatedWorker.StartAsync(
            sweep, TestSweep.Setup(new() { BeforeDraw = _ => drawing.Task }), slots: 2);
        var one = worker.Choose(arm: 0, prompt: 0)!;
        var two = worker.Choose(arm: 1, prompt: 0)!;
        Assert.Equal(0, worker.Gate.Free);
        Assert.Null(worker.Choose(arm: 0, prompt: 1));
        drawing.SetResult();
        await Task.WhenAll(one.Ended, two.Ended);
        Assert.Equal(2, worker.Gate.Free);
    }

    [Fact]
    public async Task A_chain_that_the_ledger_does_not_give_frees_its_slot()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        await using var worker = await GatedWorker.StartAsync(sweep, TestSweep.Setup(new()), slots: 2);
        var first = worker.Choose(arm: 0, prompt: 0)!;
        await first.Ended;
        var again = worker.Choose(arm: 0, prompt: 0)!;
        Assert.False(await again.Begun);
        await again.Ended;
        Assert.Equal(2, worker.Gate.Free);
    }

    [Fact]
    public async Task Nobody_is_let_in_before_a_worker_comes_nor_after_it_has_gone()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        Assert.Null(new SlotGate(1, 1).Choose(Guid.NewGuid()));
        var worker = await GatedWorker.StartAsync(sweep, TestSweep.Setup(new()), slots: 2);
        await worker.DisposeAsync();
        Assert.Null(worker.Choose(arm: 0, prompt: 0));
        Assert.Equal(0, worker.Gate.Free);
    }

    [Fact]
    public async Task A_chain_is_free_for_another_worker_once_the_database_is_silent_for_as_long_as_its_lease()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var drawing = new TaskCompletionSource();
        await using var worker = await GatedWorker.StartAsync(
            sweep, TestSweep.Setup(new() { BeforeDraw = _ => drawing.Task }), slots: 1, lease: TimeSpan.FromSeconds(3));
        var chain = worker.Choose(arm: 0, prompt: 0)!;
        Assert.True(await chain.Begun);
        await using (var connection = await sweep.Session.Source.OpenConnectionAsync())
        {
            await using var silence = new NpgsqlCommand("BEGIN; LOCK TABLE reflectdit.chains", connection);
            await silence.ExecuteNonQueryAsync();
            await chain.Ended;
            Assert.Null(worker.Choose(arm: 0, prompt: 0));
        }

        drawing.SetResult();
        await worker.OpenAsync();
        var again = worker.Choose(arm: 0, prompt: 0)!;
        Assert.True(await again.Begun);
        await again.Ended;
        Assert.Equal(1, worker.Gate.Free);
    }

    private sealed class GatedWorker : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private Guid _sweep;
        private Task _work = Task.CompletedTask;

        public required SlotGate Gate { get; init; }

        public static async Task<GatedWorker> StartAsync(
            TestSweep sweep, SweepSetup setup, int slots, TimeSpan? lease = null)
        {
            await sweep.Session.Sweeps.PlanAsync(setup.Plan, CancellationToken.None);
            var worker = new GatedWorker { Gate = new(slots, slots), _sweep = setup.Plan.Id };
            // A lease is lost only where a test wants that.
            var options = new WorkerOptions(slots, new WorkScope()) { Gate = worker.Gate, Lease = lease ?? TimeSpan.FromMinutes(10) };
            worker._work = new Worker(sweep.Session, (_, _) => Task.FromResult(setup), options, new()).RunAsync(worker._stop.Token);
            await worker.OpenAsync();
            return worker;
        }

        /// <summary>Waits until it has a worker.</summary>
        public async Task OpenAsync()
        {
            while (Gate.Worker is null)
                await Task.Yield();
        }

        public ChosenChain? Choose(int arm, int prompt) => Gate.Choose(Identity.OfChain(_sweep, arm, prompt, 0));

        public async ValueTask DisposeAsync()
        {
            if (_stop.IsCancellationRequested)
                return;
            await _stop.CancelAsync();
            await _work;
        }
    }
}
