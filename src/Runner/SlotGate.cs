namespace ReflectDiT.Eval.Runner;

/// <summary>
/// The slots of a worker that is told which chains to take, and takes no others. Who chooses a chain holds a slot from
/// then on, until the chain ends or the ledger does not give it.
/// </summary>
public sealed class SlotGate(int slots, int scoringSlots)
{
    private readonly Lock _lock = new();
    private readonly List<ChosenChain> _waiting = [];
    private readonly HashSet<ChosenChain> _inside = [];
    private readonly Dictionary<Guid, int> _toScore = [];
    private Action _chosen = () => { };

    public int Slots => slots;

    /// <summary>Drawings that the worker scores at once.</summary>
    public int ScoringSlots => scoringSlots;

    /// <summary>None while there is no worker.</summary>
    public int Free
    {
        get
        {
            lock (_lock)
                return Worker is null ? 0 : slots - _inside.Count;
        }
    }

    /// <summary>The worker's number in the ledger; null while it has none.</summary>
    public int? Worker { get; private set; }

    /// <returns>Null when no slot is free, or there is no worker.</returns>
    public ChosenChain? Choose(Guid chain)
    {
        ChosenChain chosen;
        lock (_lock)
        {
            if (_inside.Count == slots || Worker is null)
                return null;
            chosen = new ChosenChain(chain, Leave);
            _inside.Add(chosen);
            _waiting.Add(chosen);
        }

        _chosen();
        return chosen;
    }

    /// <summary>What may be scored here, by sweep.</summary>
    internal IReadOnlyList<(Guid Sweep, int Most)> ToScore
    {
        get
        {
            lock (_lock)
                return [.. _toScore.Select(o => (o.Key, o.Value))];
        }
    }

    /// <summary>Leaves drawings of a sweep to this worker, up to a number; what it was left before does not count any more.</summary>
    public void LeaveToScore(Guid sweep, int most)
    {
        lock (_lock)
        {
            if (Worker is not null)
                _toScore[sweep] = most;
        }

        _chosen();
    }

    /// <summary>So many of a sweep were taken; with none, nothing is left of it.</summary>
    internal void Take(Guid? sweep, int drawings)
    {
        lock (_lock)
        {
            if (sweep is not { } of || !_toScore.TryGetValue(of, out var left))
                return;
            if (drawings == 0 || drawings >= left)
                _toScore.Remove(of);
            else
                _toScore[of] = left - drawings;
        }
    }

    /// <summary>Begins to let chains in, for a worker that is told when one was chosen.</summary>
    internal void Open(int worker, Action chosen)
    {
        lock (_lock)
        {
            Worker = worker;
            _chosen = chosen;
        }
    }

    /// <summary>Lets nobody in; those who wait are turned away.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            Worker = null;
            _toScore.Clear();
        }

        TakeWaiting().ForEach(c => c.End(begun: false));
    }

    /// <summary>
    /// Closes, and ends the stay of all: their leases are lost, and whoever chose them may choose another worker before
    /// this one has ended its last call.
    /// </summary>
    internal void Clear()
    {
        Close();
        List<ChosenChain> inside;
        lock (_lock)
            inside = [.. _inside];
        inside.ForEach(c => c.End());
    }

    internal List<ChosenChain> TakeWaiting()
    {
        lock (_lock)
        {
            var waiting = _waiting.ToList();
            _waiting.Clear();
            return waiting;
        }
    }

    private void Leave(ChosenChain chain)
    {
        lock (_lock)
            _inside.Remove(chain);
    }
}

/// <summary>A chain that was chosen for a worker.</summary>
public sealed class ChosenChain
{
    private readonly TaskCompletionSource<bool> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<ChosenChain> _leave;

    internal ChosenChain(Guid id, Action<ChosenChain> leave)
    {
        Id = id;
        _leave = leave;
    }

    public Guid Id { get; }

    /// <summary>Whether the ledger gave the chain and it is at work; false too when the worker went before.</summary>
    public Task<bool> Begun => _begun.Task;

    /// <summary>Completes when its slot is free again.</summary>
    public Task Ended => _ended.Task;

    internal void Begin() => _begun.TrySetResult(true);

    /// <summary>May be said again.</summary>
    internal void End(bool begun = true)
    {
        _begun.TrySetResult(begun);
        _leave(this);
        _ended.TrySetResult();
    }
}
