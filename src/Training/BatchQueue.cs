using System.Collections.Concurrent;

namespace ReflectDiT.Eval.Training;

/// <summary>Batches in the order of their steps, each made on a thread of its own while an earlier one is learned from.</summary>
internal sealed class BatchQueue<TBatch> : IDisposable
{
    private const int Ahead = 3;

    private readonly BlockingCollection<TBatch> _made = new(Ahead);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _making;

    /// <param name="last">The last step; steps count from 1.</param>
    public BatchQueue(Func<long, TBatch> make, long first, long last) => _making = Task.Factory.StartNew(
        () =>
        {
            try
            {
                for (var step = first; step <= last; step++)
                    _made.Add(make(step), _stop.Token);
            }
            finally
            {
                _made.CompleteAdding();
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Waits for the next.</summary>
    public TBatch Take()
    {
        if (_made.TryTake(out var batch, Timeout.Infinite))
            return batch;
        _making.GetAwaiter().GetResult(); // says what went wrong
        throw new InvalidOperationException("there are no more batches than steps");
    }

    public void Dispose()
    {
        _stop.Cancel();
        ((IAsyncResult)_making).AsyncWaitHandle.WaitOne();
        _made.Dispose();
        _stop.Dispose();
    }
}
