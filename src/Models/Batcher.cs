using System.Threading.Channels;

namespace ReflectDiT.Eval.Models;

/// <summary>
/// Serves requests of many chains in batches, one batch at a time: what arrives while a batch is served becomes the
/// next. Nothing waits for a batch to fill up, and what is answered does not depend on who shares a batch.
/// </summary>
/// <param name="maxBatch">The most requests that the model serves at once.</param>
/// <param name="serve">Answers a batch, in order.</param>
public sealed class Batcher<TRequest, TResult>(
    int maxBatch, Func<IReadOnlyList<TRequest>, CancellationToken, Task<IReadOnlyList<TResult>>> serve)
{
    private readonly Channel<Waiting> _queue = Channel.CreateUnbounded<Waiting>();
    private int _serving;

    /// <summary>Asks for one answer. When a batch fails, each of its requests is served alone.</summary>
    /// <param name="cancellation">Withdraws this request; a batch that is being served is finished for the others.</param>
    public Task<TResult> AskAsync(TRequest request, CancellationToken cancellation)
    {
        var waiting = new Waiting(request, cancellation);
        _queue.Writer.TryWrite(waiting);
        if (Interlocked.Exchange(ref _serving, 1) == 0)
        {
            _ = Task.Run(ServeAsync, CancellationToken.None);
        }

        return waiting.Answer.Task.WaitAsync(cancellation);
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
            if (!waiting.Cancellation.IsCancellationRequested)
            {
                batch.Add(waiting);
            }
        }

        return batch;
    }

    private async Task ServeAsync(List<Waiting> batch)
    {
        try
        {
            var answers = await serve([.. batch.Select(w => w.Request)], CancellationToken.None);
            if (answers.Count != batch.Count)
            {
                throw new InvalidOperationException($"A model answered {answers.Count} of {batch.Count} requests.");
            }

            foreach (var (i, waiting) in batch.Index())
            {
                waiting.Answer.TrySetResult(answers[i]);
            }
        }
        catch (Exception) when (batch.Count > 1)
        {
            // One bad request must not fail the chains that happen to share its batch.
            foreach (var alone in batch)
            {
                await ServeAsync([alone]);
            }
        }
        catch (Exception e)
        {
            batch[0].Answer.TrySetException(e);
        }
    }

    private sealed record Waiting(TRequest Request, CancellationToken Cancellation)
    {
        public TaskCompletionSource<TResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
