using Npgsql;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>
/// Hears of changes on one connection for all who watch. While the database is away it tries again, and tells a change when
/// it is back.
/// </summary>
public sealed class LedgerChanges : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly LedgerSession _session;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _hearing;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version;

    public LedgerChanges(LedgerSession session)
    {
        _session = session;
        _hearing = Task.Run(HearAsync);
    }

    /// <summary>Grows with every change that was heard of.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Completes with the next change after that of <paramref name="version"/>.</summary>
    public async Task<long> AfterAsync(long version, CancellationToken cancellation)
    {
        while (Version == version)
        {
            var next = Volatile.Read(ref _next);
            if (Version == version)
            {
                await next.Task.WaitAsync(cancellation);
            }
        }

        return Version;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _hearing;
        _stop.Dispose();
    }

    private async Task HearAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _session.Source.OpenConnectionAsync(_stop.Token);
                await using (var listen = new NpgsqlCommand($"LISTEN {ChangeSignal.Channel}; LISTEN {ChangeSignal.WorkChannel}", connection))
                {
                    await listen.ExecuteNonQueryAsync(_stop.Token);
                }

                while (true)
                {
                    // Also at first: whoever watched while nobody heard may have missed something.
                    Tell();
                    await connection.WaitAsync(_stop.Token);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (LedgerSession.IsOutage(e) || e is NpgsqlException or InvalidOperationException)
            {
                await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Tell()
    {
        Interlocked.Increment(ref _version);
        Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
