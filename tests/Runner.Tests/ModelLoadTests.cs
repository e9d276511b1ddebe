using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>Models cost minutes to load: nothing loads one but a worker that has a chain for it.</summary>
public sealed class ModelLoadTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task To_plan_a_sweep_and_to_run_one_that_is_done_loads_no_model()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var none = TestSweep.Setup(new() { BeforeLoad = () => throw new InvalidOperationException("loaded") });
        await sweep.Session.Sweeps.PlanAsync(none.Plan, CancellationToken.None);
        await sweep.RunAsync(TestSweep.Setup(new()));
        var again = await sweep.RunAsync(none);
        Assert.Equal((40, 40), (again.Total, again.Done));
    }

    [Fact]
    public async Task A_model_is_loaded_once_for_all_chains_however_long_it_takes()
    {
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(TestSweep.Setup(new()));
        await using var sweep = await TestSweep.CreateAsync(server);
        var (loads, loading) = (0, new ManualResetEventSlim());
        var setup = TestSweep.Setup(new()
        {
            BeforeLoad = () =>
            {
                Interlocked.Increment(ref loads);
                Assert.True(loading.Wait(TimeSpan.FromMinutes(1)));
            },
        });
        var progress = new RunProgress();
        var run = new SweepRunner(sweep.Session, setup).RunAsync([.. Enumerable.Range(0, TestSweep.Prompts)], 16, progress, default);
        await UntilAsync(run, () => progress.Pulse.Loading > 0);

        Assert.Equal(0, progress.Attempts);
        loading.Set();
        await run;
        Assert.Equal(1, loads);
        Assert.Equal(0, progress.Pulse.Loading);
        Assert.Equal(await undisturbed.DumpAsync(), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_run_whose_model_cannot_be_loaded_ends_with_the_reason_and_fails_no_chain()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var broken = TestSweep.Setup(new() { BeforeLoad = () => throw new DirectoryNotFoundException("no folder of weights") });
        var failure = await Assert.ThrowsAsync<ModelUnavailableException>(() => sweep.RunAsync(broken));
        Assert.Equal("the generator generator-of-tests cannot be loaded: no folder of weights", failure.Message);
        var mended = await sweep.RunAsync(TestSweep.Setup(new()));
        Assert.Equal((40, 0), (mended.Done, mended.Failed));
    }

    [Fact]
    public async Task A_worker_whose_model_cannot_be_loaded_leaves_its_sweep_to_others_and_tries_again_after_a_while()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var (loads, mended) = (0, false);
        var models = new TestModels
        {
            BeforeLoad = () =>
            {
                Interlocked.Increment(ref loads);
                if (!Volatile.Read(ref mended))
                {
                    throw new DirectoryNotFoundException("no folder of weights");
                }
            },
        };
        var host = new ModelHost(models) { RetryLoadAfter = TimeSpan.FromSeconds(0.5) };
        var setup = TestSweep.Setup(models, host: host);
        await sweep.Session.Sweeps.PlanAsync(setup.Plan, CancellationToken.None);
        var progress = new RunProgress { Models = host };
        using var stop = new CancellationTokenSource();
        var work = new Worker(sweep.Session, (_, _) => Task.FromResult(setup), new(4, new()), progress).RunAsync(stop.Token);
        await UntilAsync(work, () => !progress.Parked.IsEmpty);
        Assert.Equal("the generator generator-of-tests cannot be loaded: no folder of weights", progress.Parked.Values.First());

        Volatile.Write(ref mended, true);
        await UntilAsync(work, () => progress.Attempts >= 100);
        await stop.CancelAsync();
        await work;
        Assert.True(progress.Parked.IsEmpty);
        Assert.InRange(loads, 2, 100);
        Assert.Equal(0, (await sweep.Session.Leases.CountAsync(new WorkScope(setup.Plan.Id), default)).Failed);
    }

    [Fact]
    public async Task A_worker_that_finds_other_weights_refuses_the_arm_by_name_and_serves_the_others()
    {
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(TestSweep.Setup(new()));
        await using var sweep = await TestSweep.CreateAsync(server);
        var here = TestSweep.Setup(new());
        await sweep.Session.Sweeps.PlanAsync(here.Plan, CancellationToken.None);
        await sweep.Session.Models.BindAsync(
            here.Plan.Id, here.Arms[0].Generator.Named.Model, here.Arms[0].Generator.Hosted.Digest ?? new('d', 64), CancellationToken.None);

        // Another worker has other weights of the generator of arm 1, and those of the ledger for arm 0.
        var other = TestSweep.Setup(new() { Digest = new('e', 64) });
        var mixed = other with { Arms = [here.Arms[0], other.Arms[1]] };
        var progress = new RunProgress();
        using var stop = new CancellationTokenSource();
        var work = new Worker(sweep.Session, (_, _) => Task.FromResult(mixed), new(4, new()), progress).RunAsync(stop.Token);
        await UntilAsync(work, () => !progress.Parked.IsEmpty && progress.Running == 0 && progress.Attempts > 0);
        await stop.CancelAsync();
        await work;
        var (arm, reason) = Assert.Single(progress.Parked);
        Assert.Equal(new ParkedWork(here.Plan.Id, 1), arm);
        Assert.Equal(
            $"model 'hashes' has weights with the digest {new string('e', 64)} here, and had {new string('d', 64)} when sweep test first "
            + "loaded it: give this worker those weights, or run these as a sweep of their own, with 'digest' in its models",
            reason);
        await using (var tables = new LedgerContext(sweep.Session.Source))
        {
            Assert.Equal(
                TestSweep.Prompts, await tables.Chains.CountAsync(c => c.Arm == 0 && c.State == ChainState.Done));
            Assert.Equal(
                0, await tables.Chains.Where(c => c.Arm == 1).Join(tables.Attempts, c => c.Id, a => a.ChainId, (_, a) => a).CountAsync());
        }

        var refused = await Assert.ThrowsAsync<ModelUnavailableException>(() => sweep.RunAsync(mixed));
        Assert.Equal(reason, refused.Message);
        await sweep.RunAsync(here);
        Assert.Equal(await undisturbed.DumpAsync(), await sweep.DumpAsync());
    }

    private static async Task UntilAsync(Task work, Func<bool> reached)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!reached())
        {
            Assert.False(work.IsCompleted, $"The work ended: {work.Exception}");
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }
}
