using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>Scores beside the chains: who makes them, when a sweep is complete, and what it takes to score once more.</summary>
public sealed class ScoringTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Chains_end_while_the_detector_has_not_looked_yet_and_a_worker_for_scores_completes_them()
    {
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(TestSweep.Setup(new()));
        await using var sweep = await TestSweep.CreateAsync(server);
        var setup = TestSweep.Setup(new() { BeforeDetect = _ => throw new InvalidOperationException("looked at by one that only draws") });
        await sweep.Session.Sweeps.PlanAsync(setup.Plan, None);
        var drawn = await WorkAsync(sweep, setup, slots: 8, scoringSlots: 0);
        Assert.Equal(drawn.Total, drawn.Done);
        var status = Assert.Single(await SweepStatus.AllAsync(sweep.Session, None));
        Assert.True(status is { Drawn: true, Complete: false });
        Assert.Equal(await DrawingsAsync(sweep), status.Unscored);

        var only = TestSweep.Setup(new() { BeforeDraw = _ => throw new InvalidOperationException("drawn by one that only scores") });
        await WorkAsync(sweep, only, slots: 0, scoringSlots: 8);
        Assert.True(Assert.Single(await SweepStatus.AllAsync(sweep.Session, None)).Complete);
        Assert.Equal(await undisturbed.DumpAsync(), await sweep.DumpAsync());
    }

    [Fact]
    public async Task Each_drawing_is_scored_once_by_many_workers_and_the_models_load_only_where_their_role_is()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var looked = new ConcurrentBag<string>();
        SweepSetup Setup() => TestSweep.Setup(new()
        {
            BeforeLoad = () => throw new InvalidOperationException("a generator was loaded"),
            BeforeDetect = r =>
            {
                looked.Add(Convert.ToHexString(ArtifactStore.NameOf(r.Image)));
                return Task.CompletedTask;
            },
        });
        var setup = TestSweep.Setup(new());
        await sweep.Session.Sweeps.PlanAsync(setup.Plan, None);
        await WorkAsync(sweep, setup, slots: 8, scoringSlots: 0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => WorkAsync(sweep, Setup(), slots: 0, scoringSlots: 5)));
        Assert.Equal(looked.Distinct().Count(), looked.Count);
        Assert.Equal(await DrawingsAsync(sweep), looked.Count);
    }

    [Fact]
    public async Task An_oracle_scores_in_its_chain_and_leaves_nothing_of_it_to_score()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var setup = TestSweep.Setup(new());
        setup = setup with
        {
            Plan = setup.Plan with { Arms = [setup.Plan.Arms[0] with { Oracle = true }] },
            Arms = [setup.Arms[0] with { Strategy = new BestOfN(8, Selector.Oracle) }],
        };
        await sweep.Session.Sweeps.PlanAsync(setup.Plan, None);
        await WorkAsync(sweep, setup, slots: 8, scoringSlots: 0);
        Assert.True(Assert.Single(await SweepStatus.AllAsync(sweep.Session, None)).Complete);
        Assert.Equal(8 * TestSweep.Prompts, await DrawingsAsync(sweep));
    }

    [Fact]
    public async Task A_scorer_that_comes_later_scores_what_was_drawn_and_what_is_drawn_after_it_without_drawing_again()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var (first, rest) = (Enumerable.Range(0, 8).ToList(), Enumerable.Range(0, TestSweep.Prompts).ToList());
        var benchmark = new GenEvalBenchmark(43, 100);
        var strict = GenEvalBenchmark.ScoredBy(ModelConfiguration.RanElsewhere, ScoringOptions.Default with { Threshold = 0.99 });
        var planned = new PlannedScorer("geneval", strict.ToJson());
        var drawn = 0;
        var setup = TestSweep.Setup(new()
        {
            BeforeDraw = _ =>
            {
                Interlocked.Increment(ref drawn);
                return Task.CompletedTask;
            },
        });
        await new SweepRunner(sweep.Session, setup).RunAsync(first, 8, new(), None);
        var before = drawn;
        await sweep.Session.Scorings.AddAsync(setup.Plan.Id, "strict", planned, [], None);
        setup = setup with
        {
            Scorings = new Dictionary<Guid, ImageScoring>(setup.Scorings)
            {
                [planned.Id] = ImageScoring.Of(benchmark.Scorer(strict), new SweepModels(setup.Plan.Models, new ModelHost(new TestModels()))),
            },
        };
        await WorkAsync(sweep, setup, slots: 0, scoringSlots: 8);
        Assert.Equal(before, drawn);
        await using var ledger = new LedgerContext(sweep.Session.Source);
        Assert.Equal((before, before), await CountAsync());
        Assert.Equal(
            0, await ledger.Scores.CountAsync(s => s.ScorerId == planned.Id && s.Passed == true)); // what is found is sure to 0.95

        await new SweepRunner(sweep.Session, setup).RunAsync(rest, 8, new(), None);
        Assert.Equal((drawn, drawn), await CountAsync());
        Assert.NotEqual(0, await ledger.Scores.CountAsync(s => s.ScorerId != planned.Id && s.Passed == true));

        async Task<(int Own, int Strict)> CountAsync() => (
            (int)await sweep.ScalarAsync($"SELECT count(*) FROM reflectdit.scores WHERE scorer_id <> '{planned.Id}'"),
            (int)await sweep.ScalarAsync($"SELECT count(*) FROM reflectdit.scores WHERE scorer_id = '{planned.Id}'"));
    }

    private static async Task<RunProgress> WorkAsync(TestSweep sweep, SweepSetup setup, int slots, int scoringSlots)
    {
        var progress = new RunProgress();
        var options = new WorkerOptions(slots, new(setup.Plan.Id)) { ScoringSlots = scoringSlots, EndsWhenDone = true };
        await new Worker(sweep.Session, (_, _) => Task.FromResult(setup), options, progress).RunAsync(None);
        return progress;
    }

    private static async Task<int> DrawingsAsync(TestSweep sweep) => (int)await sweep.ScalarAsync("SELECT count(*) FROM reflectdit.drawings");
}
