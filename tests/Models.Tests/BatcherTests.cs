namespace ReflectDiT.Eval.Models.Tests;

public class BatcherTests
{
    [Fact]
    public async Task Requests_that_wait_are_served_together_and_never_more_than_the_model_takes()
    {
        var batches = new List<int>();
        var first = new TaskCompletionSource();
        var queue = new Batcher<int, int>(8, async (requests, _) =>
        {
            batches.Add(requests.Count);
            await first.Task;
            return [.. requests.Select(r => r * r)];
        });
        var alone = queue.AskAsync(0, Call());
        while (batches.Count == 0)
        {
            await Task.Yield();
        }

        var others = Enumerable.Range(1, 20).Select(i => queue.AskAsync(i, Call())).ToList();
        first.SetResult();
        Assert.Equal(0, await alone);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => i * i), await Task.WhenAll(others));
        Assert.Equal([1, 8, 8, 4], batches);
    }

    [Fact]
    public async Task A_bad_request_fails_alone()
    {
        var queue = new Batcher<int, int>(100, (requests, _) => requests.Contains(7)
            ? throw new InvalidDataException("seven")
            : Task.FromResult<IReadOnlyList<int>>([.. requests]));
        var asked = Enumerable.Range(0, 50).Select(i => queue.AskAsync(i, Call())).ToList();
        await Assert.ThrowsAsync<InvalidDataException>(() => asked[7]);
        asked.RemoveAt(7);
        Assert.Equal(Enumerable.Range(0, 50).Where(i => i != 7), await Task.WhenAll(asked));
    }

    [Fact]
    public async Task A_withdrawn_request_does_not_disturb_the_others()
    {
        var gate = new TaskCompletionSource();
        var queue = new Batcher<int, int>(4, async (requests, _) =>
        {
            await gate.Task;
            return requests;
        });
        using var withdraw = new CancellationTokenSource();
        var first = queue.AskAsync(1, Call());
        var second = queue.AskAsync(2, Call(withdraw.Token));
        var third = queue.AskAsync(3, Call());
        await withdraw.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.SetResult();
        Assert.Equal(4, await first + await third);
    }

    [Fact]
    public async Task Every_request_of_many_callers_is_answered()
    {
        var queue = new Batcher<int, int>(3, (requests, _) => Task.FromResult(requests));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var sum = 0L;
            for (var i = 0; i < 2000; i++)
            {
                sum += await queue.AskAsync(i, Call());
            }

            return sum;
        })));
        Assert.All(answers, sum => Assert.Equal(1999L * 2000 / 2, sum));
    }

    [Fact]
    public async Task Time_in_the_queue_does_not_count_and_a_model_that_hangs_holds_nobody_but_its_own_batch()
    {
        var forever = new TaskCompletionSource();
        var queue = new Batcher<int, int>(1, async (requests, _) =>
        {
            if (requests[0] == 1)
            {
                await forever.Task;
            }

            return requests;
        });
        using var hanging = new ModelCall(TimeSpan.FromSeconds(2), default);
        using var waiting = new ModelCall(TimeSpan.FromSeconds(1), default);
        var first = queue.AskAsync(1, hanging);
        var second = queue.AskAsync(2, waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.True(hanging.TimedOut);
        Assert.Equal(2, await second);
        Assert.InRange(waiting.Served, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.InRange(hanging.Served, TimeSpan.FromSeconds(1.9), TimeSpan.MaxValue);
    }

    [Fact]
    public async Task A_withdrawn_call_is_not_one_that_took_too_long()
    {
        using var withdraw = new CancellationTokenSource();
        using var call = new ModelCall(TimeSpan.FromMinutes(1), withdraw.Token);
        await withdraw.CancelAsync();
        Assert.True(call.Cancellation.IsCancellationRequested);
        Assert.False(call.TimedOut);
    }

    private static ModelCall Call(CancellationToken withdrawal = default) => new(TimeSpan.FromMinutes(1), withdrawal);
}
