using System.Collections.Concurrent;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>Chains that go to and fro between workers that only draw and workers that only judge.</summary>
public sealed class RoleTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Workers_that_only_draw_and_workers_that_only_judge_finish_a_sweep_as_one_that_does_both()
    {
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(TestSweep.Setup(new()));
        await using var sweep = await TestSweep.CreateAsync(server);
        await sweep.Session.Sweeps.PlanAsync(TestSweep.Setup(new()).Plan, None);
        await Task.WhenAll(DrawAsync(sweep), DrawAsync(sweep), JudgeAsync(sweep), JudgeAsync(sweep));
        await WorkAsync(sweep, TestSweep.Setup(new()), role: null, slots: 0);
        Assert.Equal(await undisturbed.DumpAsync(), await sweep.DumpAsync());
    }

    [Fact]
    public async Task What_is_drawn_waits_for_a_judge_and_is_drawn_once()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var setup = TestSweep.Setup(new());
        await sweep.Session.Sweeps.PlanAsync(setup.Plan, None);
        using var enough = new CancellationTokenSource();
        var drawing = WorkAsync(sweep, TestSweep.Setup(new() { Judged = Never }), ChainRole.Generate, slots: 8, enough.Token);
        await ReachAsync(sweep, "SELECT count(*) FROM reflectdit.chains WHERE needs = 'judge' AND worker IS NULL", 2 * TestSweep.Prompts);
        await enough.CancelAsync();
        await drawing;
        Assert.Equal(TestSweep.Prompts, await sweep.ScalarAsync("SELECT count(*) FROM reflectdit.drawings")); // the arms share attempt 0
        Assert.Equal(0, await sweep.ScalarAsync("SELECT count(*) FROM reflectdit.attempts"));
        Assert.Equal(
            (0, 2 * TestSweep.Prompts),
            ((await sweep.Session.Leases.WaitingAsync(new(setup.Plan.Id) { Role = ChainRole.Generate }, None)).Open,
                (await sweep.Session.Leases.WaitingAsync(new(setup.Plan.Id) { Role = ChainRole.Judge }, None)).Open));

        var first = await SeedsAsync(sweep);
        var drawn = new ConcurrentBag<long>();
        await Task.WhenAll(JudgeAsync(sweep), DrawAsync(sweep, drawn));
        Assert.Empty(drawn.Intersect(first));
    }

    [Fact]
    public async Task A_judge_that_comes_before_any_generator_leaves_the_chains_to_it()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var setup = TestSweep.Setup(new());
        await sweep.Session.Sweeps.PlanAsync(setup.Plan, None);
        await using (var hand = sweep.Session.Source.CreateCommand("UPDATE reflectdit.chains SET needs = 'judge'"))
        {
            await hand.ExecuteNonQueryAsync();
        }

        using var enough = new CancellationTokenSource();
        var judging = WorkAsync(sweep, Judging(), ChainRole.Judge, slots: 8, enough.Token);
        await ReachAsync(sweep, "SELECT count(*) FROM reflectdit.chains WHERE needs = 'generate' AND worker IS NULL", 2 * TestSweep.Prompts);
        await enough.CancelAsync();
        await judging;
    }

    [Fact]
    public async Task An_oracle_is_judged_and_scored_by_the_one_and_drawn_by_the_other()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        await sweep.Session.Sweeps.PlanAsync(Oracle(TestSweep.Setup(new())).Plan, None);
        await Task.WhenAll(
            WorkAsync(
                sweep,
                Oracle(TestSweep.Setup(new()
                {
                    Judged = Never,
                    BeforeDetect = _ => throw new InvalidOperationException("scored by one that only draws"),
                })),
                ChainRole.Generate,
                slots: 8),
            WorkAsync(sweep, Oracle(Judging()), ChainRole.Judge, slots: 8));
        Assert.True(Assert.Single(await SweepStatus.AllAsync(sweep.Session, None)).Complete);
    }

    private static SweepSetup Oracle(SweepSetup setup) => setup with
    {
        Plan = setup.Plan with { Arms = [setup.Plan.Arms[0] with { Oracle = true }] },
        Arms = [setup.Arms[0] with { Strategy = new BestOfN(8, Selector.Oracle) }],
    };

    private static Func<JudgeRequest, Judgement, Judgement> Never =>
        (_, _) => throw new InvalidOperationException("judged by one that only draws");

    private static SweepSetup Judging() =>
        TestSweep.Setup(new() { BeforeLoad = () => throw new InvalidOperationException("a generator was loaded to judge") });

    private static Task DrawAsync(TestSweep sweep, ConcurrentBag<long>? drawn = null) => WorkAsync(
        sweep,
        TestSweep.Setup(new()
        {
            Judged = Never,
            BeforeDraw = r =>
            {
                drawn?.Add(r.Seed);
                return Task.CompletedTask;
            },
        }),
        ChainRole.Generate,
        slots: 8);

    private static Task JudgeAsync(TestSweep sweep) => WorkAsync(sweep, Judging(), ChainRole.Judge, slots: 8);

    private static Task WorkAsync(TestSweep sweep, SweepSetup setup, ChainRole? role, int slots, CancellationToken stop = default)
    {
        var options = new WorkerOptions(slots, new(setup.Plan.Id) { Role = role })
        {
            ScoringSlots = role is null ? 8 : 0,
            EndsWhenDone = true,
        };
        return new Worker(sweep.Session, (_, _) => Task.FromResult(setup), options, new()).RunAsync(stop);
    }

    private static async Task<IReadOnlyList<long>> SeedsAsync(TestSweep sweep)
    {
        await using var find = sweep.Session.Source.CreateCommand("SELECT array_agg(seed) FROM reflectdit.drawings");
        return (long[])(await find.ExecuteScalarAsync())!;
    }

    private static async Task ReachAsync(TestSweep sweep, string count, int expected)
    {
        for (var patience = DateTime.UtcNow.AddMinutes(1); await sweep.ScalarAsync(count) < expected; await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < patience, $"{count}: {await sweep.ScalarAsync(count)} of {expected}");
        }
    }
}
