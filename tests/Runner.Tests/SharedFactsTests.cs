using System.Collections.Concurrent;
using System.Text;
using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>What is asked for by several is drawn and judged once, and each has it.</summary>
public sealed class SharedFactsTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Arms_that_ask_for_the_same_images_draw_and_judge_each_once_and_are_booked_the_same()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var (drawn, judged) = (0, 0);
        var setup = Selectors("selectors", new()
        {
            BeforeDraw = _ => Task.FromResult(Interlocked.Increment(ref drawn)),
            Judged = (_, judgement) =>
            {
                Interlocked.Increment(ref judged);
                return judgement;
            },
        });
        await sweep.RunAsync(setup);
        Assert.Equal((8 * TestSweep.Prompts, 8 * TestSweep.Prompts), (drawn, judged));
        var spent = Assert.Single(await FactUse.SpentAsync(sweep.Session, None));
        Assert.Equal(
            (3 * drawn, drawn, drawn, judged, judged),
            (spent.Attempts, spent.Drawings, spent.Drawn, spent.Judgements, spent.Judged));
        Assert.Equal(3 * spent.SpentSeconds, spent.BookedSeconds, 1e-6);
        await using var ledger = new LedgerContext(sweep.Session.Source);
        var costs = await (
            from chain in ledger.Chains
            join attempt in ledger.Attempts on chain.Id equals attempt.ChainId
            group attempt by chain.Arm into arm
            select new { Device = arm.Sum(a => a.GeneratorSeconds + a.JudgeSeconds), Wall = arm.Sum(a => a.WallSeconds) }).ToListAsync();
        Assert.Equal(3, costs.Count);
        Assert.All(costs, c =>
        {
            Assert.Equal(costs[0].Device!.Value, c.Device!.Value, 1e-9);
            Assert.Equal(costs[0].Wall!.Value, c.Wall!.Value, 1e-9);
        });
    }

    [Fact]
    public async Task A_later_sweep_draws_only_what_is_new()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        await sweep.RunAsync(Selectors("first", new()));
        await sweep.RunAsync(Selectors("second", new() { BeforeDraw = _ => throw new InvalidOperationException("drawn again") }));

        // Another judge on the same images.
        var judged = 0;
        var other = Selectors("third", new()
        {
            BeforeDraw = _ => throw new InvalidOperationException("drawn again"),
            Judged = (_, judgement) =>
            {
                Interlocked.Increment(ref judged);
                return judgement;
            },
        });
        var critic = other.Arms[0].Judge;
        critic = critic with { Named = critic.Named with { Model = critic.Named.Model with { Batch = 3 } } };
        other = other with
        {
            Plan = other.Plan with { Models = [.. other.Plan.Models, critic.Named] },
            Arms = [.. other.Arms.Select(a => a with { Judge = critic })],
        };
        await sweep.RunAsync(other);
        Assert.Equal(8 * TestSweep.Prompts, judged);
    }

    /// <summary>Models of two machines whose answers to the same differ, as kernels of two devices may.</summary>
    [Fact]
    public async Task Where_two_draw_the_same_with_different_results_both_go_on_with_the_first_durable_one()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var workers = new List<Task>();
        var begun = new CountdownEvent(2);
        var first = new ConcurrentDictionary<string, bool>();
        foreach (var machine in new[] { "one", "two" })
        {
            var setup = Selectors(machine, new()
            {
                BeforeDraw = async _ =>
                {
                    if (first.TryAdd(machine, true))
                    {
                        begun.Signal();
                    }

                    await Task.Run(() => Assert.True(begun.Wait(TimeSpan.FromMinutes(1))));
                },
                Drawn = (_, drawing) => drawing with { Image = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(drawing.Image.Span) + machine) },
            });
            workers.Add(sweep.RunAsync(setup));
        }

        await Task.WhenAll(workers);
        await using var ledger = new LedgerContext(sweep.Session.Source);
        var images = await (
            from chain in ledger.Chains
            join attempt in ledger.Attempts on chain.Id equals attempt.ChainId
            select new { chain.SweepId, chain.Arm, chain.Prompt, attempt.Index, attempt.Image }).ToListAsync();
        Assert.Equal(2 * 3 * 8 * TestSweep.Prompts, images.Count);
        Assert.All(
            images.GroupBy(i => (i.Prompt, i.Index)), same => Assert.Single(same.Select(i => Convert.ToHexString(i.Image!)).Distinct()));
    }

    [Fact]
    public async Task Eight_workers_on_two_sweeps_with_the_same_images_have_each_once_and_draw_few_twice()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        SweepSetup Setup(string name) => Selectors(name, new() { BeforeDraw = _ => Task.Delay(100) });
        string[] names = ["one", "two"];
        foreach (var name in names)
        {
            await sweep.Session.Sweeps.PlanAsync(Setup(name).Plan, None);
        }

        using var stop = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 8).Select(_ =>
        {
            var setups = names.Select(Setup).ToDictionary(s => s.Plan.Id);
            return new Worker(sweep.Session, (id, _) => Task.FromResult(setups[id]), new(3, new()), new RunProgress()).RunAsync(stop.Token);
        }).ToList();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while ((await sweep.Session.Leases.CountAsync(new(), None)) is var counts && counts.Done < counts.Total)
        {
            Assert.Equal(0, counts.Failed);
            await Task.Delay(50, patience.Token);
        }

        await stop.CancelAsync();
        await Task.WhenAll(workers);
        var spent = await FactUse.SpentAsync(sweep.Session, None);
        Assert.All(spent, s => Assert.Equal((3 * 8 * TestSweep.Prompts, 8 * TestSweep.Prompts), (s.Attempts, s.Drawings)));
        Assert.InRange(spent[0].Drawn, spent[0].Drawings, spent[0].Drawings * 1.05);
    }

    [Fact]
    public async Task What_nothing_refers_to_is_counted_and_removed_but_not_while_workers_are_there()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var (kept, gone) = (Selectors("kept", new()), TestSweep.Setup(new()));
        await sweep.RunAsync(kept);
        await sweep.RunAsync(gone);
        Assert.False((await FactUse.OrphansAsync(sweep.Session, None)).Any);
        var before = await FactUse.SpentAsync(sweep.Session, None);
        await using (var delete = sweep.Session.Source.CreateCommand("DELETE FROM reflectdit.sweeps WHERE name = 'test'"))
        {
            await delete.ExecuteNonQueryAsync();
        }

        foreach (var (path, _) in sweep.Session.Artifacts.Files(TimeSpan.Zero))
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-2));
        }

        var orphans = await FactUse.OrphansAsync(sweep.Session, None);
        Assert.True(orphans is { Drawings: > 0, Judgements: > 0, Artifacts.Count: > 0 }, $"{orphans}");
        await using (await WorkerSession.OpenAsync(sweep.Session.Source, new(1, null, null), TimeSpan.FromMinutes(1), () => { }, None))
        {
            var refused = await Assert.ThrowsAsync<LedgerException>(() => FactUse.PruneAsync(sweep.Session, None));
            Assert.StartsWith("1 workers are at work on this ledger", refused.Message, StringComparison.Ordinal);
        }

        var removed = await FactUse.PruneAsync(sweep.Session, None);
        Assert.Equal((orphans.Drawings, orphans.Judgements, orphans.Artifacts.Count), (removed.Drawings, removed.Judgements, removed.Artifacts.Count));
        Assert.False((await FactUse.OrphansAsync(sweep.Session, None)).Any);
        var left = Assert.Single(await FactUse.SpentAsync(sweep.Session, None));
        Assert.Equal(before.Single(s => s.Sweep == left.Sweep), left);
        await sweep.RunAsync(kept);
        Assert.All(await ReadAllAsync(sweep), content => Assert.NotEmpty(content));
    }

    private static async Task<List<byte[]>> ReadAllAsync(TestSweep sweep)
    {
        await using var ledger = new LedgerContext(sweep.Session.Source);
        var contents = new List<byte[]>();
        foreach (var image in await ledger.Attempts.Select(a => a.Image!).ToListAsync())
        {
            contents.Add(await sweep.Session.Artifacts.ReadAsync(image, None));
        }

        return contents;
    }

    /// <summary>Three arms that differ in their selector alone.</summary>
    private static SweepSetup Selectors(string name, TestModels models)
    {
        var setup = TestSweep.Setup(models);
        Selector[] selectors = [Selector.JudgeScore, Selector.Pairwise, Selector.Oracle];
        return setup with
        {
            Plan = setup.Plan with
            {
                Name = name,
                Configuration = $$"""{"name":"{{name}}"}""",
                Arms = [.. selectors.Select(s => new PlannedArm($"{s}", 8, false, s is Selector.Oracle, null))],
            },
            Arms = [.. selectors.Select(s => setup.Arms[0] with { Strategy = new BestOfN(8, s) })],
        };
    }
}
