namespace ReflectDiT.Eval.Silo.Health;

/// <summary>A cluster's preStop hook: it tells a worker to drain, and is answered when the worker has.</summary>
public sealed class WorkerDrain : IDisposable
{
    private readonly CancellationTokenSource _told = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Cancelled by the first call of the hook.</summary>
    public CancellationToken Told => _told.Token;

    /// <summary>Safe to repeat. A caller that goes away does not undo its call.</summary>
    /// <returns>Ends when the worker holds nothing any more.</returns>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        await _told.CancelAsync();
        await _drained.Task.WaitAsync(cancellation);
    }

    /// <summary>The worker holds nothing any more.</summary>
    public void Complete() => _drained.TrySetResult();

    public void Dispose() => _told.Dispose();
}
