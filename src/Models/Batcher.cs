using System.Threading.Channels;

namespace ReflectDiT.Eval.Models;

/// <summary>
/// Serves requests of many chains in batches, one batch at a time: what arrives while a batch is served becomes the
/// next. Nothing waits for a batch to fill up, and what is answered does not depend on who shares a batch. A call's time
/// runs from the beginning of its batch, and a batch that nobody waits for any more is let go.
/// </summary>
/// <param name="maxBatch">The most requests that the model serves at once.</param>
/// <param name="serve">Answers a batch, in order.</param>
public sealed class Batcher<TRequest, TResult>(
    int maxBatch, Func<IReadOnlyList<TRequest>, CancellationToken, Task<IReadOnlyList<TResult>>> serve)
{
    private readonly Channel<Waiting> _queue = Channel.CreateUnbounded<Waiting>();
    private int _serving;

    /// <summary>Asks for one answer. When a batch fails, each of its requests is served alone.</summary>
    /// <param name="call">When it is withdrawn, a batch that is being served is finished for the others.</param>
    public Task<TResult> AskAsync(TRequest request, ModelCall call)
    {
        call.Wait();
        var waiting = new Waiting(request, call);
        _queue.Writer.TryWrite(waiting);
        if (Interlocked.Exchange(ref _serving, 1) == 0)
        {
            _ = Task.Run(ServeAsync, CancellationToken.None);
        }

        return waiting.Answer.Task.WaitAsync(call.Cancellation);
    }

    private async Task ServeAsync()
    {
        do
        {
            while (NextBatch() is { Count: > 0 } batch)
            {
                await ServeAsync(batch);
            }

            Volatile.Write(ref _serving, 0);
        }
        // A request may have come between the last look and the line above.
        while (_queue.Reader.TryPeek(out _) && Interlocked.Exchange(ref _serving, 1) == 0);
    }

    private List<Waiting> NextBatch()
    {
        var batch = new List<Waiting>(maxBatch);
        while (batch.Count < maxBatch && _queue.Reader.TryRead(out var waiting))
        {
            if (!waiting.IsWithdrawn)
            {
                batch.Add(waiting);
            }
        }

        return batch;
    }

    private async Task ServeAsync(List<Waiting> batch)
    {
        batch.ForEach(w => w.Call.Begin());
        try
        {
            var answers = await AnswersAsync(batch);
            if (answers.Count != batch.Count)
            {
                throw new InvalidOperationException($"A model answered {answers.Count} of {batch.Count} requests.");
            }

            foreach (var (i, waiting) in batch.Index())
            {
                waiting.Answer.TrySetResult(answers[i]);
            }
        }
        catch (Exception) when (batch.TrueForAll(w => w.IsWithdrawn))
        {
        }
        catch (Exception) when (batch.Count > 1)
        {
            // One bad request must not fail the chains that happen to share its batch.
            batch.ForEach(w => w.Call.Wait());
            foreach (var alone in batch.Where(w => !w.IsWithdrawn))
            {
                await ServeAsync([alone]);
            }
        }
        catch (Exception e)
        {
            batch[0].Answer.TrySetException(e);
        }
    }

    private async Task<IReadOnlyList<TResult>> AnswersAsync(List<Waiting> batch)
    {
        using var forsaken = new CancellationTokenSource();
        var left = batch.Count;
        var registrations = batch.ConvertAll(w => w.Call.Cancellation.Register(() =>
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                forsaken.Cancel();
            }
        }));
        try
        {
            // A model that does not look at its token, or blocks its thread, must not hold the queue.
            return await Task.Run(() => serve([.. batch.Select(w => w.Request)], forsaken.Token), CancellationToken.None)
                .WaitAsync(forsaken.Token);
        }
        finally
        {
            registrations.ForEach(r => r.Dispose());
        }
    }

    private sealed record Waiting(TRequest Request, ModelCall Call)
    {
        public bool IsWithdrawn => Call.Cancellation.IsCancellationRequested;

        public TaskCompletionSource<TResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
