using Npgsql;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// Tells whoever watches the ledger that something in it has changed: at once, and while changes go on once in
/// <see cref="Pause"/>, however many they are. Transactions that tell something commit one after the other in the whole
/// database, so that no attempt may have a NOTIFY of its own.
/// </summary>
public sealed class ChangeSignal(NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>The channel of NOTIFY. Sweeps that are planned, paused or requeued are told on that of the workers.</summary>
    public const string Channel = "reflectdit_changes";

    /// <summary>The channel on which workers are told of new work.</summary>
    public const string WorkChannel = WorkerSession.Channel;

    public static TimeSpan Pause { get; } = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _leaving = new();
    private bool _changed;
    private Task _telling = Task.CompletedTask;

    /// <summary>Something durable has changed. Costs nothing, and never fails: who watches looks again after a while anyway.</summary>
    public void Touch()
    {
        lock (_lock)
        {
            _changed = true;
            if (_telling.IsCompleted && !_leaving.IsCancellationRequested)
            {
                _telling = Task.Run(TellAsync);
            }
        }
    }

    /// <summary>Waits until the last change has been told, which is at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_leaving.IsCancellationRequested)
        {
            await _leaving.CancelAsync();
            await _telling;
            _leaving.Dispose();
        }
    }

    private async Task TellAsync()
    {
        while (TakeChanged())
        {
            try
            {
                await using var tell = source.CreateCommand($"NOTIFY {Channel}");
                await tell.ExecuteNonQueryAsync();
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or ObjectDisposedException or InvalidOperationException)
            {
                // The database is away; what has changed is told with the next change.
            }

            await Task.Delay(Pause, _leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool TakeChanged()
    {
        lock (_lock)
        {
            var changed = _changed;
            _changed = false;
            if (!changed)
            {
                _telling = Task.CompletedTask;
            }

            return changed;
        }
    }
}
