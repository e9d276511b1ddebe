using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Models.Tests.Host;

public sealed class HostedModelTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(30);

    [Fact]
    public async Task What_waits_is_served_together_and_never_more_than_the_model_takes()
    {
        var batches = new ConcurrentQueue<int>();
        var (begun, first) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var model = Hosted(new(8), async requests =>
        {
            batches.Enqueue(requests.Count);
            begun.TrySetResult();
            await first.Task;
            return [.. requests.Select(r => r * r)];
        });
        var alone = AskAsync(model, 0);
        await begun.Task;

        var others = Enumerable.Range(1, 20).Select(i => AskAsync(model, i)).ToList();
        first.SetResult();
        Assert.Equal(0, await alone);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => i * i), await Task.WhenAll(others));
        Assert.Equal([1, 8, 8, 4], batches);
    }

    [Fact]
    public async Task Requests_share_a_batch_only_where_their_keys_are_equal()
    {
        var batches = new ConcurrentQueue<int[]>();
        var (begun, first) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var model = Hosted(new(8), async requests =>
        {
            batches.Enqueue([.. requests]);
            begun.TrySetResult();
            await first.Task;
            return requests;
        }, key: r => $"{r / 10}");
        var asked = new List<Task<int>> { AskAsync(model, 0) };
        await begun.Task;
        asked.AddRange(new[] { 1, 2, 11, 12, 3, 21 }.Select(r => AskAsync(model, r)));
        first.SetResult();
        Assert.Equal(new[] { 0, 1, 2, 11, 12, 3, 21 }, await Task.WhenAll(asked));
        Assert.Equal([[0], [1, 2], [11, 12], [3], [21]], batches);
    }

    [Fact]
    public async Task A_bad_request_fails_alone()
    {
        using var model = Hosted(new(100), requests => requests.Contains(7)
            ? throw new InvalidDataException("seven")
            : Task.FromResult(requests));
        var asked = Enumerable.Range(0, 50).Select(i => AskAsync(model, i)).ToList();
        await Assert.ThrowsAsync<InvalidDataException>(() => asked[7]);
        asked.RemoveAt(7);
        Assert.Equal(Enumerable.Range(0, 50).Where(i => i != 7), await Task.WhenAll(asked));
    }

    [Fact]
    public async Task A_withdrawn_request_does_not_disturb_the_others()
    {
        var gate = new TaskCompletionSource();
        using var model = Hosted(new(4), async requests =>
        {
            await gate.Task;
            return requests;
        });
        using var withdraw = new CancellationTokenSource();
        var first = AskAsync(model, 1);
        var second = model.AskAsync(2, Minute, withdraw.Token);
        var third = AskAsync(model, 3);
        await withdraw.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.SetResult();
        Assert.Equal(4, await first + await third);
    }

    [Fact]
    public async Task Every_request_of_many_callers_is_answered()
    {
        using var model = Hosted(new(3), Task.FromResult);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var sum = 0L;
            for (var i = 0; i < 2000; i++)
            {
                sum += await AskAsync(model, i);
            }

            return sum;
        })));
        Assert.All(answers, sum => Assert.Equal(1999L * 2000 / 2, sum));
    }

    [Fact]
    public async Task What_has_a_device_to_itself_is_never_overlapped_and_time_in_its_queue_does_not_count()
    {
        var (atWork, most) = (0, 0);
        var release = new TaskCompletionSource();
        using var model = Hosted(new(1), async requests =>
        {
            most = Math.Max(most, Interlocked.Increment(ref atWork));
            if (requests[0] == 1)
            {
                await release.Task;
            }

            Interlocked.Decrement(ref atWork);
            return requests;
        });
        var late = model.AskAsync(1, TimeSpan.FromSeconds(0.3), default);
        var waiting = model.AskAsync(2, TimeSpan.FromSeconds(0.3), default);
        await Assert.ThrowsAsync<NoAnswerException>(() => late);
        Assert.False(waiting.IsCompleted);
        release.SetResult();
        Assert.Equal(2, (await waiting).Answer);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task A_model_that_does_not_come_back_is_said_to_hang_until_it_does()
    {
        var (release, told) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var model = Hosted(new(1), async requests =>
        {
            if (requests[0] == 1)
            {
                await release.Task;
            }

            return requests;
        }, withdrawn: () => told.TrySetResult());
        var late = model.AskAsync(1, TimeSpan.FromSeconds(0.1), default);
        var waiting = model.AskAsync(2, Minute, default);
        await Assert.ThrowsAsync<NoAnswerException>(() => late);
        await told.Task; // a model that looks at its token could have ended
        var hangs = await Assert.ThrowsAsync<ModelUnavailableException>(() => waiting);
        Assert.Equal(
            "the squarer hangs: it has not come back from a batch that should have taken 0.1 s at most; "
            + "this process must be started anew",
            hangs.Message);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => model.AskAsync(3, Minute, default));
        Assert.Equal(hangs.Message, model.Hangs);

        release.SetResult();
        using var patience = new CancellationTokenSource(Minute);
        while (model.Hangs is not null)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(4, await AskAsync(model, 4));
    }

    [Fact]
    public async Task What_has_no_device_to_itself_works_on_several_batches_and_one_that_hangs_holds_nobody()
    {
        var forever = new TaskCompletionSource();
        using var model = Hosted(new(1, AtOnce: 2), async requests =>
        {
            if (requests[0] < 2)
            {
                await forever.Task;
            }

            return requests;
        });
        var first = model.AskAsync(0, TimeSpan.FromSeconds(0.2), default);
        Assert.Equal(2, await AskAsync(model, 2));
        var second = model.AskAsync(1, TimeSpan.FromSeconds(0.2), default);
        await Assert.ThrowsAsync<NoAnswerException>(() => first);
        await Assert.ThrowsAsync<NoAnswerException>(() => second);
        Assert.Equal(3, await AskAsync(model, 3));
        Assert.Null(model.Hangs);
    }

    [Fact]
    public async Task A_model_is_loaded_once_when_it_is_first_asked_and_let_go_when_its_batches_are_done()
    {
        var (loads, disposed) = (0, new TaskCompletionSource());
        var model = new HostedModel<int, int>(new(), "squarer", ModelConfiguration.RanElsewhere, new(), () =>
        {
            Interlocked.Increment(ref loads);
            return new Model(new(4), Task.FromResult, r => "", () => { }, () => disposed.SetResult());
        }, () => 0, _ => null);
        Assert.Null(model.Loaded);
        Assert.Equal(0, loads);
        Assert.Equal(Enumerable.Range(0, 50), await Task.WhenAll(Enumerable.Range(0, 50).Select(i => AskAsync(model, i))));
        Assert.NotNull(model.Loaded);
        Assert.Equal(1, loads);
        model.Dispose();
        await disposed.Task;
        await Assert.ThrowsAsync<ModelUnavailableException>(() => AskAsync(model, 1));
    }

    [Fact]
    public async Task A_failed_load_is_remembered_for_a_while_and_then_tried_again()
    {
        var loads = 0;
        HostedModel<int, int> Failing(TimeSpan counts) => new(
            new() { RetryLoadAfter = counts }, "squarer", ModelConfiguration.RanElsewhere, new(), () =>
            Interlocked.Increment(ref loads) < 3 ? throw new IOException("no such folder") : new Model(new(4), Task.FromResult), () => 0, _ => null);
        using var patient = Failing(Minute);
        for (var i = 0; i < 5; i++)
        {
            var failure = await Assert.ThrowsAsync<ModelUnavailableException>(() => AskAsync(patient, 1));
            Assert.Equal("the squarer elsewhere cannot be loaded: no such folder", failure.Message);
        }

        Assert.Equal(1, loads);
        using var forgetful = Failing(TimeSpan.Zero);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => AskAsync(forgetful, 1));
        Assert.Equal(1, await AskAsync(forgetful, 1));
        Assert.Equal(3, loads);
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_fails_its_request_alone()
    {
        using var model = Hosted(new(10), Task.FromResult, fault: answer => answer == 3 ? "three" : answer == 4 ? throw new InvalidOperationException("four") : null);
        var asked = Enumerable.Range(0, 8).Select(i => AskAsync(model, i)).ToList();
        Assert.Equal("three", (await Assert.ThrowsAsync<BadAnswerException>(() => asked[3])).Message);
        Assert.Equal("an answer that cannot be read: four", (await Assert.ThrowsAsync<BadAnswerException>(() => asked[4])).Message);
        Assert.Equal(new[] { 0, 1, 2, 5, 6, 7 }, await Task.WhenAll(asked.Where((_, i) => i is not (3 or 4))));
    }

    [Fact]
    public async Task Too_few_answers_and_a_cancellation_of_its_own_are_the_models_faults()
    {
        using var few = Hosted(new(10), _ => Task.FromResult<IReadOnlyList<int>>([]));
        Assert.Equal("0 answers to 1 requests", (await Assert.ThrowsAsync<BadAnswerException>(() => AskAsync(few, 1))).Message);
        using var silent = Hosted(new(10), _ => Task.FromResult<IReadOnlyList<int>>(null!));
        Assert.Equal("no answers, not even an empty list", (await Assert.ThrowsAsync<BadAnswerException>(() => AskAsync(silent, 1))).Message);
        using var cancelled = Hosted(new(10), _ => throw new TaskCanceledException("its own"));
        Assert.Equal("it gave up: its own", (await Assert.ThrowsAsync<BadAnswerException>(() => AskAsync(cancelled, 1))).Message);
    }

    /// <summary>Whoever reads sees seconds go by in one state alone: exactly, however slow the machine is.</summary>
    [Fact]
    public async Task Busy_and_idle_seconds_are_those_of_the_device_up_to_the_moment_at_which_they_are_read()
    {
        var seconds = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name is "reflectdit.model.busy" or "reflectdit.model.idle")
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            if (tags.Contains(new("role", "sleeper")))
            {
                seconds[instrument.Name] = value;
            }
        });
        listener.Start();
        var (loading, begun, end, disposed) = (new SemaphoreSlim(0), new SemaphoreSlim(0), new SemaphoreSlim(0), new SemaphoreSlim(0));
        var model = new HostedModel<int, int>(
            new(), "sleeper", ModelConfiguration.RanElsewhere, new(), () =>
            {
                loading.Wait();
                return new Model(
                    new(4),
                    async requests =>
                    {
                        begun.Release();
                        await end.WaitAsync();
                        return requests;
                    },
                    disposed: () => disposed.Release());
            }, () => 0, _ => null);
        var loaded = model.LoadAsync(CancellationToken.None);
        await Task.Delay(Rest);
        Assert.Equal((0, 0), Read());

        var most = Stopwatch.StartNew();
        loading.Release();
        await loaded;
        var least = Stopwatch.StartNew();
        await GrowsAsync(r => r.Idle, still: r => r.Busy);

        var answers = AskAsync(model, 1);
        await begun.WaitAsync();
        await GrowsAsync(r => r.Busy, still: r => r.Idle);
        end.Release();
        await answers;
        await GrowsAsync(r => r.Idle, still: r => r.Busy);
        var shortest = least.Elapsed.TotalSeconds;
        var (busy, idle) = Read();
        Assert.InRange(busy + idle, shortest, most.Elapsed.TotalSeconds);

        model.Dispose();
        await disposed.WaitAsync();
        var last = Read();
        await Task.Delay(Rest);
        Assert.Equal(last, Read());

        (double Busy, double Idle) Read()
        {
            listener.RecordObservableInstruments();
            return (seconds.GetValueOrDefault("reflectdit.model.busy"), seconds.GetValueOrDefault("reflectdit.model.idle"));
        }

        async Task GrowsAsync(Func<(double Busy, double Idle), double> grows, Func<(double Busy, double Idle), double> still)
        {
            var before = Read();
            await UntilAsync(() => grows(Read()) >= grows(before) + Rest.TotalSeconds);
            Assert.Equal(still(before), still(Read()));
        }
    }

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var patience = new CancellationTokenSource(Minute);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!reached())
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    private static HostedModel<int, int> Hosted(
        BatchPolicy policy,
        Func<IReadOnlyList<int>, Task<IReadOnlyList<int>>> serve,
        Func<int, string>? key = null,
        Func<int, string?>? fault = null,
        Action? withdrawn = null) => new(
            new() { Patience = TimeSpan.Zero },
            "squarer",
            ModelConfiguration.RanElsewhere,
            new(),
            () => new Model(policy, serve, key, withdrawn),
            () => 0,
            fault ?? (_ => null));

    private static async Task<int> AskAsync(HostedModel<int, int> model, int request) => (await model.AskAsync(request, Minute, default)).Answer;

    private sealed class Model(
        BatchPolicy batches,
        Func<IReadOnlyList<int>, Task<IReadOnlyList<int>>> serve,
        Func<int, string>? key = null,
        Action? told = null,
        Action? disposed = null) : IModel<int, int>
    {
        public string Digest { get; } = new('d', 64);

        public BatchPolicy Batches => batches;

        public string BatchKey(int request) => key?.Invoke(request) ?? "";

        public async Task<IReadOnlyList<int>> AnswerAsync(IReadOnlyList<int> requests, CancellationToken withdrawn)
        {
            await using var _ = withdrawn.Register(() => told?.Invoke());
            return await serve(requests);
        }

        public void Dispose() => disposed?.Invoke();
    }
}
