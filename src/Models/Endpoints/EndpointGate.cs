namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>
/// How many requests a server is sent at once, and how fast. It begins with one and lets in one more for each that is
/// answered, as long as the server has refused none; when it refuses, half as many go on, after the pause that it asks for,
/// and from then on one more is let in for each round. Limits a minute space requests evenly; tokens are charged when they
/// are known, so that what is at work may overdraw them once.
/// </summary>
/// <param name="most">Requests at once.</param>
/// <param name="jitter">From 0 to 1, for each pause that the server does not name: workers must not come back all at once.</param>
internal sealed class EndpointGate(int most, double? requestsPerMinute, double? tokensPerMinute, TimeProvider time, Func<double> jitter) : IDisposable
{
    /// <summary>A server that refuses everything for so long is not there.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _turn = new(1);
    private TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;
    private double _room = 1;
    private double _threshold = most;
    private int _refusals;
    private DateTimeOffset _opensAt = time.GetUtcNow();
    private DateTimeOffset _tokensPaidAt = time.GetUtcNow();
    private DateTimeOffset _narrowedAt;
    private DateTimeOffset? _refusedSince;

    /// <summary>Requests that it lets in at once for now.</summary>
    public int Room
    {
        get
        {
            lock (_lock)
            {
                return (int)_room;
            }
        }
    }

    /// <summary>Waits for a place; first come, first served.</summary>
    /// <returns>What gives it back.</returns>
    public async Task<IDisposable> EnterAsync(CancellationToken withdrawn)
    {
        await _turn.WaitAsync(withdrawn);
        try
        {
            while (Wait() is var (until, left) && left is not null)
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(withdrawn);
                await Task.WhenAny(left, Task.Delay(until ?? Timeout.InfiniteTimeSpan, time, stop.Token));
                await stop.CancelAsync();
                withdrawn.ThrowIfCancellationRequested();
            }

            return new Place(this);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The server has answered.</summary>
    /// <param name="tokens">In and out; 0 where it does not say.</param>
    public void Answered(int tokens)
    {
        lock (_lock)
        {
            (_refusals, _refusedSince) = (0, null);
            _room = Math.Min(most, _room < _threshold ? _room + 1 : _room + (1 / _room));
            if (tokensPerMinute is { } limit)
            {
                _tokensPaidAt = Later(_tokensPaidAt, time.GetUtcNow()) + TimeSpan.FromMinutes(tokens / limit);
            }

            Change();
        }
    }

    /// <summary>The server takes nothing for now.</summary>
    /// <param name="sentAt">When it was asked: many that it refuses at one moment narrow the gate once.</param>
    /// <param name="after">As it says; null where it does not.</param>
    /// <returns>Since when it has refused everything.</returns>
    public TimeSpan Refused(DateTimeOffset sentAt, TimeSpan? after)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            _refusedSince ??= now;
            if (sentAt >= _narrowedAt)
            {
                _threshold = Math.Max(1, Math.Floor(_room / 2));
                (_room, _narrowedAt) = (_threshold, now);
                _refusals++;
            }

            var pause = after ?? Smaller(LongestPause, FirstPause * Math.Pow(2, Math.Min(_refusals - 1, 16))) * (0.5 + (jitter() / 2));
            _opensAt = Later(_opensAt, now + pause);
            var refused = now - _refusedSince.Value;
            if (refused >= Patience)
            {
                _refusedSince = null; // whoever asks again later has as much patience
            }

            return refused;
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Takes a place where there is one.</summary>
    /// <returns>What to wait for: a time that passes, or a place that is given back; neither where a place was taken.</returns>
    private (TimeSpan? Until, Task? Left) Wait()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_inside >= (int)_room)
            {
                return (null, _left.Task);
            }

            var opensAt = tokensPerMinute is null ? _opensAt : Later(_opensAt, _tokensPaidAt);
            if (opensAt > now)
            {
                return (opensAt - now, _left.Task);
            }

            _inside++;
            if (requestsPerMinute is { } limit)
            {
                _opensAt = now + TimeSpan.FromMinutes(1 / limit);
            }

            return (null, null);
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _inside--;
            Change();
        }
    }

    /// <summary>Wakes who waits.</summary>
    private void Change()
    {
        _left.TrySetResult();
        _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private sealed class Place(EndpointGate gate) : IDisposable
    {
        private EndpointGate? _gate = gate;

        public void Dispose() => Interlocked.Exchange(ref _gate, null)?.Leave();
    }
}
