using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>How far a worker is; read at any time from any thread.</summary>
public sealed class RunProgress
{
    private ScopeCounts _counts = new(0, 0, 0, 0, 0);
    private int _attempts;

    /// <summary>The chains of the worker's scope, whoever works on them, as last counted.</summary>
    public ScopeCounts Counts
    {
        get => Volatile.Read(ref _counts);
        set => Volatile.Write(ref _counts, value);
    }

    public int Total => Counts.Total;

    public int Done => Counts.Done;

    public int Failed => Counts.Failed;

    /// <summary>Attempts made durable by this worker.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    /// <summary>Whether the worker runs, waits or drains.</summary>
    public WorkerPulse Pulse { get; } = new();

    public void Attempted() => Interlocked.Increment(ref _attempts);
}
