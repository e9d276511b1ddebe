using System.Diagnostics;
using System.Threading.Channels;
using Npgsql;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>
/// Hears of changes on one connection, and tells all who watch: at once, but the later the more the database has worked since
/// it last told, for then everybody looks again. While the database is away it tries again, and tells a change when it is back.
/// </summary>
public sealed class LedgerChanges : IAsyncDisposable
{
    /// <summary>
    /// However many look, pages take no more of one session's time than this share, as this process measures it; results and
    /// the list of sweeps, which are read in the background, have shares of their own (<see cref="Background{T}"/>).
    /// </summary>
    private const double MostShare = 0.03;

    /// <summary>Whatever share that is: nobody waits for longer.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What all looks after a change cost is the mean over so many changes. The costliest counts as the one below it: a single
    /// look that stalls holds up nobody.
    /// </summary>
    private const int Remembered = 6;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly LedgerSession _session;
    private readonly Func<TimeSpan> _spent;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _heard = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private readonly Stopwatch _sinceTold = Stopwatch.StartNew();
    private readonly Task _hearing;
    private readonly Task _telling;
    private readonly Queue<TimeSpan> _costs = [];
    private TimeSpan _spentBefore;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version;

    /// <param name="spent">How long the database has worked for those who watch.</param>
    public LedgerChanges(LedgerSession session, Func<TimeSpan> spent)
    {
        (_session, _spent) = (session, spent);
        _hearing = Task.Run(HearAsync);
        _telling = Task.Run(TellInTimeAsync);
    }

    /// <summary>Grows with every change that is told.</summary>
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
        await Task.WhenAll(_hearing, _telling);
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
                    _heard.Writer.TryWrite(true);
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

    private async Task TellInTimeAsync()
    {
        try
        {
            while (await _heard.Reader.WaitToReadAsync(_stop.Token))
            {
                while (Rest() is { Ticks: > 0 } rest)
                {
                    await Task.Delay(rest, _stop.Token);
                }

                _heard.Reader.TryRead(out _);
                Tell();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Nobody watches any more.
        }
    }

    private TimeSpan Rest()
    {
        lock (_lock)
        {
            var now = _spent() - _spentBefore;
            var costs = _costs.Append(now).Order().ToList();
            var cost = costs.Count < Remembered ? now : (costs.SkipLast(1).Aggregate((a, b) => a + b) + costs[^2]) / costs.Count;
            return new[] { cost / MostShare, LongestRest }.Min() - _sinceTold.Elapsed;
        }
    }

    /// <summary>Tells a change that somebody has made here, and waits to see.</summary>
    public void Tell()
    {
        lock (_lock)
        {
            var spent = _spent();
            _costs.Enqueue(spent - _spentBefore);
            if (_costs.Count >= Remembered)
            {
                _costs.Dequeue();
            }

            _spentBefore = spent;
            _sinceTold.Restart();
        }

        Interlocked.Increment(ref _version);
        Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
