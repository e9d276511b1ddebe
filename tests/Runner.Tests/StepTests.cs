using System.Collections.Concurrent;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>Steps of several proposals: what shares a batch, what a killed chain goes on with, what the strategy sees.</summary>
public sealed class StepTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task All_images_of_an_arm_that_draws_all_share_batches_and_never_more_than_a_batch_is_in_flight()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var (batches, flying, most) = (new ConcurrentQueue<int>(), 0, 0);
        var setup = Only(
            new BestOfN(8, Selector.JudgeScore),
            new()
            {
                Batches = new(4),
                Batch = requests => batches.Enqueue(requests.Count),
                BeforeDraw = _ =>
                {
                    most = Math.Max(most, Interlocked.Increment(ref flying));
                    return Task.CompletedTask;
                },
                Drawn = (_, drawing) =>
                {
                    Interlocked.Decrement(ref flying);
                    return drawing;
                },
            },
            batch: 4);
        await sweep.RunAsync(setup, concurrency: 1);
        Assert.Equal(8 * TestSweep.Prompts, batches.Sum());
        Assert.InRange(batches.Count, 2 * TestSweep.Prompts, 6 * TestSweep.Prompts); // one by one they would be 8 a prompt
        Assert.All(batches, size => Assert.InRange(size, 1, 4));
    }

    /// <summary>Of a step whose images 2 and 5 fail, only these are drawn when the chain is tried again.</summary>
    [Fact]
    public async Task A_chain_that_goes_on_in_the_middle_of_a_step_draws_only_what_is_missing()
    {
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(Only(new BestOfN(8, Selector.Pairwise), new(), batch: 8));
        await using var sweep = await TestSweep.CreateAsync(server);
        var broken = true;
        var drawn = new ConcurrentBag<(string Prompt, long Seed)>();
        var missing = Enumerable.Range(0, TestSweep.Prompts).SelectMany(p => new[] { 2, 5 }.Select(i => SeedOf(p, i))).ToHashSet();
        var setup = Only(
            new BestOfN(8, Selector.Pairwise),
            new()
            {
                BeforeDraw = request =>
                {
                    if (broken && missing.Contains((request.Prompt, request.Seed)))
                    {
                        throw new InvalidDataException("no picture today");
                    }

                    drawn.Add((request.Prompt, request.Seed));
                    return Task.CompletedTask;
                },
            },
            batch: 8);
        setup = setup with { Calls = setup.Calls with { Tries = 1 } };
        Assert.Equal(TestSweep.Prompts, (await sweep.RunAsync(setup)).Failed);
        var before = drawn.ToHashSet();
        Assert.Equal(0, await sweep.ScalarAsync("SELECT count(*) FROM reflectdit.chains WHERE state <> 'failed'"));
        Assert.Equal(before.Count, await sweep.ScalarAsync("SELECT count(*) FROM reflectdit.attempts"));
        broken = false;
        drawn.Clear();
        Assert.Equal(0, (await sweep.RunAsync(setup)).Failed);
        Assert.Empty(before.Intersect(drawn));
        Assert.Equal(8 * TestSweep.Prompts, before.Count + drawn.Count);
        Assert.Equal(await undisturbed.DumpAsync(), await sweep.DumpAsync());

        (string, long) SeedOf(int prompt, int attempt)
        {
            var text = TestSweep.Setup(new()).Plan.Prompts[prompt].Text;
            return (text, new Seeds(5, text, 0).Noise(attempt));
        }
    }

    [Fact]
    public async Task A_run_that_is_stopped_in_the_middle_of_steps_and_resumed_records_what_an_undisturbed_one_does()
    {
        var strategy = new BeamReflection(20, 4, 3);
        await using var undisturbed = await TestSweep.CreateAsync(server);
        await undisturbed.RunAsync(Only(strategy, new(), batch: 2));
        await using var sweep = await TestSweep.CreateAsync(server);
        for (var runs = 0; ; runs++)
        {
            using var stop = new CancellationTokenSource();
            var drawn = 0;
            var progress = await sweep.RunAsync(
                Only(
                    strategy,
                    new()
                    {
                        BeforeDraw = _ =>
                        {
                            if (Interlocked.Increment(ref drawn) == 31)
                            {
                                stop.Cancel();
                            }

                            return Task.CompletedTask;
                        },
                    },
                    batch: 2),
                concurrency: 5,
                stop.Token);
            if (progress.Done == progress.Total)
            {
                Assert.True(runs >= 3, $"stopped {runs} times only");
                break;
            }

            // What was in flight was finished: at most a batch for each of the five chains at work.
            Assert.InRange(drawn, 31, 31 + (5 * 2));
        }

        Assert.Equal(await undisturbed.DumpAsync(), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_strategy_sees_whole_steps_and_may_ask_for_another_prompt_which_the_generator_alone_sees()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var (drawn, judged) = (new ConcurrentBag<string>(), new ConcurrentBag<string>());
        var models = new TestModels
        {
            BeforeDraw = r =>
            {
                drawn.Add(r.Prompt);
                return Task.CompletedTask;
            },
            Judged = (r, judgement) =>
            {
                judged.Add(r.Prompt);
                return judgement;
            },
        };
        await sweep.RunAsync(Only(new Rewriting(), models, batch: 3));
        var prompts = TestSweep.Setup(new()).Plan.Prompts.Take(TestSweep.Prompts).Select(p => p.Text).ToList();
        Assert.Equal(
            prompts.SelectMany(p => new[] { p, p, p, $"{p}, better", $"{p}, better still" }).Order(), drawn.Order());
        Assert.Equal(prompts.SelectMany(p => Enumerable.Repeat(p, 5)).Order(), judged.Order());
        Assert.Equal(
            2 * TestSweep.Prompts,
            await sweep.ScalarAsync("SELECT count(*) FROM reflectdit.attempts WHERE step = 1 AND prompt LIKE '%, better%'"));
    }

    /// <summary>A sweep of one arm.</summary>
    private static SweepSetup Only(IStrategy strategy, TestModels models, int batch)
    {
        var setup = TestSweep.Setup(models);
        var generator = setup.Arms[0].Generator;
        generator = generator with { Named = generator.Named with { Model = generator.Named.Model with { Batch = batch } } };
        return setup with
        {
            Plan = setup.Plan with
            {
                Configuration = """{"name":"steps"}""",
                Arms = [setup.Plan.Arms[0] with { MaxAttempts = strategy.MaxAttempts }],
                Models = [.. setup.Plan.Models, generator.Named],
            },
            Arms = [setup.Arms[0] with { Generator = generator, Strategy = strategy }],
        };
    }

    /// <summary>Three images, then two of other prompts, conditioned on the best of the three.</summary>
    private sealed class Rewriting : IStrategy
    {
        public int MaxAttempts => 5;

        public bool IsOracle => false;

        public bool DrawsIndependently => false;

        public Step Next(IReadOnlyList<PastAttempt> history, Seeds seeds) => history.Count switch
        {
            0 => new Step.Draw([new([]), new([]), new([])]),
            3 => new Step.Draw([
                new([new(0, FeedbackSource.Judge, history[0].Verdict.Feedback!)], $"{seeds.Prompt}, better"),
                new([], $"{seeds.Prompt}, better still")]),
            5 => new Step.Stop(Shown(history)),
            _ => throw new InvalidOperationException($"asked in the middle of a step, after {history.Count} attempts"),
        };

        public int Shown(IReadOnlyList<PastAttempt> history) => 4;
    }
}
