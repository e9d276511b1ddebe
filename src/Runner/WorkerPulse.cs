namespace ReflectDiT.Eval.Runner;

/// <summary>What a worker is at, for those who watch over its process; read at any time from any thread.</summary>
public sealed class WorkerPulse
{
    private int _phase;
    private int _loading;
    private long _turned = Environment.TickCount64;

    public enum Phase
    {
        /// <summary>Not yet registered with the ledger.</summary>
        Starting,

        /// <summary>Takes chains and works on them.</summary>
        Working,

        /// <summary>Waits for the database to come back.</summary>
        Waiting,

        /// <summary>Was told to stop: finishes what is in flight.</summary>
        Draining,
    }

    public Phase Now => (Phase)Volatile.Read(ref _phase);

    /// <summary>Chains that wait for their models to be loaded, or for their sweep to be read.</summary>
    public int Loading => Volatile.Read(ref _loading);

    /// <summary>Since the worker's loop last came round; a worker that waits for its database has no loop.</summary>
    public TimeSpan Silence => Now == Phase.Waiting
        ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(Environment.TickCount64 - Volatile.Read(ref _turned));

    internal void Turn(bool draining)
    {
        Volatile.Write(ref _turned, Environment.TickCount64);
        Volatile.Write(ref _phase, (int)(draining ? Phase.Draining : Phase.Working));
    }

    /// <summary>It has no loop until it turns again.</summary>
    public void Wait() => Volatile.Write(ref _phase, (int)Phase.Waiting);

    internal async Task LoadAsync(Task models)
    {
        Interlocked.Increment(ref _loading);
        try
        {
            await models;
        }
        finally
        {
            Interlocked.Decrement(ref _loading);
        }
    }
}
