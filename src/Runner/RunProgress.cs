namespace ReflectDiT.Eval.Runner;

/// <summary>How far a run is; read at any time from any thread.</summary>
public sealed class RunProgress
{
    private int _total;
    private int _done;
    private int _failed;
    private int _attempts;

    /// <summary>Chains that this run set out to finish, with those finished before.</summary>
    public int Total => Volatile.Read(ref _total);

    public int Done => Volatile.Read(ref _done);

    public int Failed => Volatile.Read(ref _failed);

    /// <summary>Attempts made durable by this run.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    /// <summary>Says what the run found when it took the sweep (again).</summary>
    public void Start(int total, int done)
    {
        Volatile.Write(ref _total, total);
        Volatile.Write(ref _done, done);
        Volatile.Write(ref _failed, 0);
    }

    public void Attempted() => Interlocked.Increment(ref _attempts);

    public void Finished() => Interlocked.Increment(ref _done);

    public void FailedChain() => Interlocked.Increment(ref _failed);
}
