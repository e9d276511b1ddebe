using System.Diagnostics;

namespace ReflectDiT.Eval.Models;

/// <summary>
/// One call of a model, and the time that it may take. Waiting in a queue is no part of that: a model that lets calls
/// wait says so, and says when it begins with them.
/// </summary>
public sealed class ModelCall : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _withdrawal;
    private readonly CancellationTokenSource _end;
    private readonly Stopwatch _served = new();
    private readonly Lock _lock = new();
    private bool _disposed;

    /// <param name="timeout">How long the model may take.</param>
    /// <param name="withdrawal">Ends the call wherever it stands.</param>
    public ModelCall(TimeSpan timeout, CancellationToken withdrawal)
    {
        (_timeout, _withdrawal) = (timeout, withdrawal);
        _end = CancellationTokenSource.CreateLinkedTokenSource(withdrawal);
        Cancellation = _end.Token;
        Begin();
    }

    /// <summary>Nobody waits for an answer any more: the call was withdrawn, or took too long.</summary>
    public CancellationToken Cancellation { get; }

    public bool TimedOut => Cancellation.IsCancellationRequested && !_withdrawal.IsCancellationRequested;

    /// <summary>How long the model has been at work on it.</summary>
    public TimeSpan Served => _served.Elapsed;

    /// <summary>The call waits in a queue from now on.</summary>
    public void Wait() => Turn(_served.Stop, Timeout.InfiniteTimeSpan);

    /// <summary>The model begins with it, or begins anew; as it does by itself where nothing waits.</summary>
    public void Begin() => Turn(_served.Start, _timeout);

    public void Dispose()
    {
        lock (_lock)
        {
            _served.Stop();
            _disposed = true;
            _end.Dispose();
        }
    }

    private void Turn(Action clock, TimeSpan patience)
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                clock();
                _end.CancelAfter(patience);
            }
        }
    }
}
