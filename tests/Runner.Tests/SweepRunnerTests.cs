using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Server;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

public class SweepRunnerTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly CallSettings Once = new(1, TimeSpan.FromMinutes(1), 0);

    [Fact]
    public async Task A_run_ends_every_chain_and_running_it_again_draws_nothing()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var first = await sweep.RunAsync(TestSweep.Setup(new()));
        Assert.Equal((40, 40, 0), (first.Total, first.Done, first.Failed));
        var rows = await sweep.DumpAsync();
        var again = await sweep.RunAsync(TestSweep.Setup(new() { BeforeDraw = _ => throw new InvalidOperationException("drawn") }));
        Assert.Equal((40, 40, 0), (again.Total, again.Done, again.Attempts));
        Assert.Equal(rows, await sweep.DumpAsync());
    }

    [Fact]
    public async Task The_number_of_chains_at_once_changes_nothing()
    {
        await using var one = await TestSweep.CreateAsync(server);
        await using var eight = await TestSweep.CreateAsync(server);
        await one.RunAsync(TestSweep.Setup(new()), concurrency: 1);
        await eight.RunAsync(TestSweep.Setup(new()), concurrency: 8);
        Assert.Equal(await one.DumpAsync(), await eight.DumpAsync());
    }

    [Fact]
    public async Task Arms_with_equal_generators_share_their_first_attempt()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        await sweep.RunAsync(TestSweep.Setup(new()));
        await using var ledger = new LedgerContext(sweep.Session.Source);
        var firsts = await (
            from chain in ledger.Chains
            join attempt in ledger.Attempts on chain.Id equals attempt.ChainId
            where attempt.Index == 0
            select new { chain.Prompt, attempt.Seed, attempt.Image }).ToListAsync();
        Assert.All(firsts.GroupBy(f => f.Prompt), pair =>
        {
            Assert.Equal(2, pair.Count());
            Assert.Single(pair.DistinctBy(f => (f.Seed, Convert.ToHexString(f.Image))));
        });
    }

    [Fact]
    public async Task A_run_that_is_stopped_and_resumed_again_and_again_records_what_an_undisturbed_one_does()
    {
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(TestSweep.Setup(new()));
        await using var disturbed = await TestSweep.CreateAsync(server);
        for (var stops = 0; ; stops++)
        {
            using var stop = new CancellationTokenSource();
            var draws = 0;
            var progress = await disturbed.RunAsync(
                TestSweep.Setup(new()
                {
                    BeforeDraw = _ => Interlocked.Increment(ref draws) == 9 ? stop.CancelAsync() : Task.CompletedTask,
                }),
                concurrency: 4,
                stop.Token);
            if (progress.Done == progress.Total)
            {
                Assert.InRange(stops, 5, 1000);
                break;
            }
        }

        Assert.Equal(await undisturbed.DumpAsync(), await disturbed.DumpAsync());
    }

    [Fact]
    public async Task A_model_that_fails_for_good_fails_its_chain_with_the_reason_and_the_others_go_on()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var bad = TestSweep.Setup(new()).Plan.Prompts[3].Text;
        var progress = await sweep.RunAsync(TestSweep.Setup(
            new() { BeforeDraw = r => r.Prompt == bad ? throw new InvalidDataException("no picture") : Task.CompletedTask }, Once));
        Assert.Equal((40, 38, 2), (progress.Total, progress.Done, progress.Failed));
        await using (var ledger = new LedgerContext(sweep.Session.Source))
        {
            var failed = await ledger.Chains.Where(c => c.State == ChainState.Failed).ToListAsync();
            Assert.Equal([3, 3], failed.Select(c => c.Prompt));
            Assert.All(failed, c => Assert.Equal(
                $"generator, attempt 0 of \"{bad}\": InvalidDataException: no picture (after 1 tries)", c.Failure));
        }

        var again = await sweep.RunAsync(TestSweep.Setup(new()));
        Assert.Equal((40, 40, 0), (again.Total, again.Done, again.Failed));
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(TestSweep.Setup(new()));
        Assert.Equal(await undisturbed.DumpAsync(), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_model_that_fails_and_recovers_changes_nothing()
    {
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(TestSweep.Setup(new()));
        await using var sweep = await TestSweep.CreateAsync(server);
        var tried = new ConcurrentDictionary<(string, long), bool>();
        var progress = await sweep.RunAsync(TestSweep.Setup(new()
        {
            BeforeDraw = r => r.Seed % 5 == 0 && tried.TryAdd((r.Prompt, r.Seed), true)
                ? throw new IOException("busy")
                : Task.CompletedTask,
        }));
        Assert.NotEmpty(tried);
        Assert.Equal(0, progress.Failed);
        Assert.Equal(await undisturbed.DumpAsync(), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_model_that_never_answers_fails_its_chain_when_its_time_is_up()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var deaf = TestSweep.Setup(new()).Plan.Prompts[3].Text;
        var forever = new TaskCompletionSource();
        var progress = await sweep.RunAsync(TestSweep.Setup(
            new() { BeforeDraw = r => r.Prompt == deaf ? forever.Task : Task.CompletedTask },
            new CallSettings(1, TimeSpan.FromSeconds(1), 0)));
        Assert.Equal((38, 2), (progress.Done, progress.Failed));
        var reasons = await SweepStatus.FailuresAsync(sweep.Session, TestSweep.Setup(new()).Plan.Id, 5, CancellationToken.None);
        Assert.All(reasons, r => Assert.Contains("no answer within 1 s", r, StringComparison.Ordinal));
    }

    /// <summary>It serves one call at a time: with twelve chains the last waits for longer than a call may take.</summary>
    [Fact]
    public async Task Waiting_for_a_slow_models_queue_is_neither_a_timeout_nor_a_cost()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var setup = TestSweep.Setup(
            new() { BeforeDraw = _ => Task.Delay(150), Batches = new(1) }, new CallSettings(1, TimeSpan.FromSeconds(1), 0));
        var progress = new RunProgress();
        await new SweepRunner(sweep.Session, setup).RunAsync([.. Enumerable.Range(0, 6)], 12, progress, default);
        Assert.Equal((12, 0), (progress.Done, progress.Failed));
        await using var ledger = new LedgerContext(sweep.Session.Source);
        Assert.InRange((await ledger.Attempts.ToListAsync()).Average(a => a.WallSeconds!.Value), 0.14, 0.7);
    }

    [Fact]
    public async Task A_chain_that_was_taken_away_is_refused_to_its_old_holder_and_drawn_the_same_again()
    {
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(TestSweep.Setup(new()));
        await using var sweep = await TestSweep.CreateAsync(server);
        var draws = 0;
        await sweep.RunAsync(TestSweep.Setup(new()
        {
            BeforeDraw = async _ =>
            {
                if (Interlocked.Increment(ref draws) == 30)
                {
                    await using var take = sweep.Session.Source.CreateCommand(
                        "UPDATE reflectdit.chains SET epoch = epoch + 1, worker = NULL WHERE state = 'open'");
                    await take.ExecuteNonQueryAsync();
                }
            },
        }));
        Assert.Equal(await undisturbed.DumpAsync(), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_private_server_killed_in_mid_sweep_is_started_again_and_nothing_is_lost_or_doubled()
    {
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(TestSweep.Setup(new()));

        var folder = Directory.CreateTempSubdirectory("reflectdit-runner-").FullName;
        try
        {
            await using (var session = await LedgerSession.OpenAsync(folder, null, CancellationToken.None))
            {
                var draws = 0;
                var setup = TestSweep.Setup(new()
                {
                    BeforeDraw = async _ =>
                    {
                        if (Interlocked.Increment(ref draws) is 40 or 90)
                        {
                            var status = await PrivateServer.ProbeAsync(folder);
                            System.Diagnostics.Process.GetProcessById(status.ProcessId!.Value).Kill();
                        }
                    },
                });
                var progress = new RunProgress();
                await new SweepRunner(session, setup).RunAsync(
                    [.. Enumerable.Range(0, TestSweep.Prompts)], 8, progress, CancellationToken.None);
                Assert.Equal((40, 0), (progress.Done, progress.Failed));
            }

            var address = await PrivateServer.EnsureStartedAsync(folder);
            Assert.Equal(await undisturbed.DumpAsync(), await LedgerDump.OfAsync(address));
        }
        finally
        {
            await PrivateServer.StopAsync(folder);
            Directory.Delete(folder, recursive: true);
        }
    }
}
