using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner.Telemetry;

namespace ReflectDiT.Eval.Runner;

/// <summary>A worker's time with one database session, from its registration to its leave or to the session's end.</summary>
internal sealed class WorkerShift : IAsyncDisposable
{
    /// <summary>Work is told by NOTIFY; this is for what is not: leases that run out, workers that die.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Of all workers one looks for those that are lost in so long. Well below a poll: a look that the database began late
    /// must not make it pass over the next one.
    /// </summary>
    private static readonly TimeSpan LookAtMostEvery = TimeSpan.FromSeconds(0.5);

    private static readonly TimeSpan LongestRenewal = TimeSpan.FromSeconds(5);

    /// <summary>What waits for workers is for people who watch, and takes the longer the more waits.</summary>
    private static readonly TimeSpan CountPeriod = TimeSpan.FromSeconds(10);

    private readonly LedgerSession _ledger;
    private readonly Func<Guid, Guid?, Task<SweepSetup>> _sweeps;
    private readonly WorkerOptions _options;
    private readonly RunProgress _progress;
    private readonly CancellationToken _stop;

    private readonly WorkerSession _session;
    private readonly ServedModels _models;
    private readonly WakeUp _wake;
    private readonly ILogger _log;
    private readonly Stopwatch _sinceLooking = new();
    private readonly Stopwatch _sinceRenewal = Stopwatch.StartNew();
    private readonly Stopwatch _sinceCounting = new();
    private readonly TimeSpan _renewal;

    private readonly ChainShift _chains;
    private readonly ScoringShift _scoring;

    private bool _mayHaveWork;
    private bool _mayHaveScores;

    /// <summary>At the last claim of scorings: what this worker has drawn since waits for a score.</summary>
    private int _attempts;

    private Task<bool> _turn = Task.FromResult(true);

    private WorkerShift(
        LedgerSession ledger,
        Func<Guid, Guid?, Task<SweepSetup>> sweeps,
        WorkerOptions options,
        RunProgress progress,
        WorkerSession session,
        WakeUp wake,
        CancellationToken stop)
    {
        _ledger = ledger;
        _sweeps = sweeps;
        _options = options;
        _progress = progress;
        _stop = stop;
        _session = session;
        _wake = wake;
        _log = ledger.Logs.CreateLogger<Worker>();
        _log.ShiftBegan(session.Number, options.Slots);
        _models = new ServedModels(ledger, progress, _log);
        _chains = new ChainShift(ledger, session.Number, options, sweep => SetUpAsync(sweep, scorer: null), _models, progress, wake, _log, stop);
        _scoring = new ScoringShift(ledger, session.Number, options, (sweep, scorer) => SetUpAsync(sweep, scorer), _models, progress, wake, _log);
        _renewal = new[] { options.Lease / 3, LongestRenewal }.Min();
    }

    public static async Task<WorkerShift> BeginAsync(
        LedgerSession ledger,
        Func<Guid, Guid?, Task<SweepSetup>> sweeps,
        WorkerOptions options,
        RunProgress progress,
        CancellationToken stop)
    {
        var wake = new WakeUp();
        var session = await WorkerSession.OpenAsync(
            ledger.Source, new(options.Slots, options.Scope.Arms, options.Silo), options.Lease, wake.Tell, stop);
        options.Gate?.Open(session.Number, wake.Nudge);
        return new(ledger, sweeps, options, progress, session, wake, stop);
    }

    public async Task WorkAsync()
    {
        await using var stopping = _stop.Register(() =>
        {
            _options.Gate?.Close();
            _wake.Nudge();
        });
        while (await TurnWithinLeaseAsync())
        {
            // Until the next look, however often it was woken in between.
            var rest = Poll - _sinceLooking.Elapsed;
            await _wake.WaitAsync(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
        }
    }

    /// <summary>A database that is silent for longer than a lease is as one that went away: all leases are lost.</summary>
    /// <returns>False when the shift is over.</returns>
    private async Task<bool> TurnWithinLeaseAsync()
    {
        using var turn = new CancellationTokenSource(_options.Lease);
        try
        {
            // Not by cancelling alone: that takes a connection too, and a server that is silent lets it wait as well.
            _turn = TurnAsync(turn.Token);
            return await _turn.WaitAsync(turn.Token);
        }
        catch (OperationCanceledException e) when (turn.IsCancellationRequested)
        {
            throw new NpgsqlException(
                $"The database did not answer for {_options.Lease.TotalSeconds:0} s.", new TimeoutException(e.Message, e));
        }
    }

    private async Task<bool> TurnAsync(CancellationToken turn)
    {
        _session.ThrowIfBroken();
        _progress.Pulse.Turn(_stop.IsCancellationRequested);
        await _chains.SettleAsync(turn);
        await _scoring.SettleAsync();
        var told = _wake.WasTold();
        var renewed = await RenewAsync(turn);
        if (told || renewed)
        {
            await _chains.LetGoAsync(turn);
        }

        _mayHaveWork |= told;
        _mayHaveScores |= told;
        if (!_sinceLooking.IsRunning || _sinceLooking.Elapsed >= Poll)
        {
            await LookAroundAsync(turn);
        }

        _mayHaveWork = await _chains.ClaimAsync(_mayHaveWork, turn);
        if (_mayHaveScores || _attempts != _progress.Attempts || _options.Gate is not null)
        {
            _attempts = _progress.Attempts;
            _mayHaveScores = await _scoring.ClaimAsync(_stop, turn);
        }

        _progress.Running = _chains.Running;
        return _chains.Running > 0 || _scoring.Running > 0 || !(_stop.IsCancellationRequested || await NothingLeftAsync(turn));
    }

    public async ValueTask DisposeAsync()
    {
        _options.Gate?.Clear();
        _models.Dispose();
        await _chains.AbortAsync();
        await Task.WhenAny(_turn);
        await _chains.DisposeAsync();
        await _scoring.DisposeAsync();
        await _session.DisposeAsync();
        _log.ShiftEnded(_session.Number, _progress.Attempts);
        _wake.Dispose();
    }

    /// <returns>Whether it was time.</returns>
    private async Task<bool> RenewAsync(CancellationToken turn)
    {
        if (_sinceRenewal.Elapsed < _renewal)
        {
            return false;
        }

        if (!await _ledger.Leases.RenewAsync(_session.Number, _options.Lease, _progress.Report(_options.Slots).ToJson(), turn))
        {
            WorkerMetrics.LeaseLost(_chains.Running);
            _log.AllLeasesLost(_session.Number, _chains.Running);
            throw new LeaseEndedException(_session.Number);
        }

        _sinceRenewal.Restart();
        return true;
    }

    private async Task LookAroundAsync(CancellationToken turn)
    {
        _mayHaveWork = true;
        _mayHaveScores = true;
        _sinceLooking.Restart();
        foreach (var (parked, since) in _progress.TriedAgainAt.Where(t => Stopwatch.GetElapsedTime(t.Value) > _progress.Models.RetryLoadAfter))
        {
            _progress.TriedAgainAt.TryRemove(parked, out _);
            _progress.Parked.TryRemove(parked, out _);
        }

        await _ledger.Leases.EndLostWorkersAsync(LookAtMostEvery, turn);
        if (_options.EndsWhenDone)
        {
            await CountAsync(turn);
        }

        if (!_sinceCounting.IsRunning || _sinceCounting.Elapsed >= CountPeriod)
        {
            _progress.Waiting = await _ledger.Leases.WaitingAsync(_options.Scope, turn);
            _progress.Unscored = await _ledger.Scorings.CountAsync(_options.Scope, turn);
            _sinceCounting.Restart();
        }
    }

    /// <returns>Null for a sweep that this worker cannot run: it is parked, and left to others.</returns>
    /// <param name="scorer">That it must know: it may have come later than the sweep.</param>
    private async Task<SweepSetup?> SetUpAsync(Guid sweep, Guid? scorer)
    {
        try
        {
            return await _sweeps(sweep, scorer);
        }
        catch (Exception e) when (e is not OperationCanceledException && !LedgerSession.IsOutage(e))
        {
            if (_progress.Park(new(sweep), e.Message, again: false))
            {
                _log.SweepParked(sweep, e.Message);
            }

            return null;
        }
    }

    private async Task<bool> NothingLeftAsync(CancellationToken turn)
    {
        if (!_options.EndsWhenDone)
        {
            return false;
        }

        await CountAsync(turn);
        var counts = _progress.Counts;
        return (_options.Slots == 0 || counts.Done + counts.Failed + counts.Cancelled == counts.Total)
            && (_options.ScoringSlots == 0 || _progress.Unscored.Open == 0);
    }

    /// <summary>Chains first, whosever turn they are: what is drawn between the two questions waits for its score.</summary>
    private async Task CountAsync(CancellationToken turn)
    {
        _progress.Counts = await _ledger.Leases.CountAsync(_options.Scope with { Role = null }, turn);
        _progress.Unscored = await _ledger.Scorings.CountAsync(_options.Scope, turn);
    }
}
