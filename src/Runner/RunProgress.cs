using System.Collections.Concurrent;
using System.Diagnostics;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner;

/// <summary>How far a worker is; read at any time from any thread.</summary>
public sealed class RunProgress
{
    private ScopeCounts _counts = new(0, 0, 0, 0, 0);
    private WaitingChains _waiting = new(0, 0, TimeSpan.Zero);
    private ScopeCounts? _first;
    private int _attempts;
    private int _running;
    private int _writing;
    private int _scoring;
    private ScoringCounts _unscored = new(0, 0, 0);

    /// <summary>The chains of the worker's scope, whoever works on them, as last counted.</summary>
    public ScopeCounts Counts
    {
        get => Volatile.Read(ref _counts);
        set
        {
            Interlocked.CompareExchange(ref _first, value, null);
            Volatile.Write(ref _counts, value);
        }
    }

    /// <summary>Chains that had ended when they were first counted: what rates must not claim.</summary>
    public int EndedAtStart => Volatile.Read(ref _first) is { } first ? first.Done + first.Failed : 0;

    public int Total => Counts.Total;

    public int Done => Counts.Done;

    public int Failed => Counts.Failed;

    /// <summary>Attempts made durable by this worker.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    /// <summary>What waits for workers in the worker's scope, as last asked.</summary>
    public WaitingChains Waiting
    {
        get => Volatile.Read(ref _waiting);
        internal set => Volatile.Write(ref _waiting, value);
    }

    /// <summary>What this worker takes nothing of, with the reason: it cannot read the sweep, or serve the models of an arm or a scorer.</summary>
    public ConcurrentDictionary<ParkedWork, string> Parked { get; } = new();

    /// <summary>Of these, those that are tried again, and when: their models may have been mended.</summary>
    internal ConcurrentDictionary<ParkedWork, long> TriedAgainAt { get; } = new();

    /// <summary>Chains that this worker works on.</summary>
    public int Running
    {
        get => Volatile.Read(ref _running);
        internal set => Volatile.Write(ref _running, value);
    }

    /// <summary>Drawings of the worker's scope without a score, whoever works on them, as last counted.</summary>
    public ScoringCounts Unscored
    {
        get => Volatile.Read(ref _unscored);
        internal set => Volatile.Write(ref _unscored, value);
    }

    /// <summary>Drawings that this worker scores.</summary>
    public int Scoring
    {
        get => Volatile.Read(ref _scoring);
        internal set => Volatile.Write(ref _scoring, value);
    }

    /// <summary>Attempts of this worker that are not durable yet.</summary>
    public int Writing => Volatile.Read(ref _writing);

    /// <summary>The models of this process.</summary>
    public ModelHost Models { get; init; } = new();

    /// <summary>Whether the worker runs, waits or drains.</summary>
    public WorkerPulse Pulse { get; } = new();

    /// <summary>This process as it is now.</summary>
    public WorkerReport Report(int slots) => new(
        WorkerReport.Build,
        slots,
        [.. Models.Loaded.Select(m => new ModelReport(m.Title, m.Device, m.Bytes))],
        Environment.WorkingSet,
        GC.GetTotalMemory(forceFullCollection: false),
        Running,
        Writing,
        Scoring,
        [.. Parked.Select(p => new ParkedReport(p.Key.Sweep, p.Key.Arm, p.Key.Scorer, p.Value))]);

    /// <param name="again">It is tried again after a while.</param>
    /// <returns>Whether it is news.</returns>
    internal bool Park(ParkedWork work, string reason, bool again)
    {
        var isNew = Parked.TryAdd(work, reason);
        if (again)
        {
            TriedAgainAt[work] = Stopwatch.GetTimestamp();
        }

        return isNew;
    }

    /// <summary>Counts an attempt once it is durable, and as one that waits until then.</summary>
    internal async Task AttemptedAsync(Func<Task> write)
    {
        Interlocked.Increment(ref _writing);
        try
        {
            await write();
            Interlocked.Increment(ref _attempts);
        }
        finally
        {
            Interlocked.Decrement(ref _writing);
        }
    }
}
