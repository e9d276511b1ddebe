namespace ReflectDiT.Eval.Runner;

/// <summary>Wakes a worker's loop. What comes while it is awake makes it look once more.</summary>
internal sealed class WakeUp : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0);
    private int _told = 1;

    /// <summary>Something of this worker has changed.</summary>
    public void Nudge() => _signal.Release();

    /// <summary>Something of the ledger has changed.</summary>
    public void Tell()
    {
        Volatile.Write(ref _told, 1);
        Nudge();
    }

    /// <summary>Whether something was told since this was last asked; true at first.</summary>
    public bool WasTold() => Interlocked.Exchange(ref _told, 0) == 1;

    public void Dispose() => _signal.Dispose();

    public async Task WaitAsync(TimeSpan atMost)
    {
        await _signal.WaitAsync(atMost);
        while (_signal.Wait(0))
        {
        }
    }
}
