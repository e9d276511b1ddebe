using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
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
    private readonly AttemptWriter _writer;
    private readonly SharedFacts _facts;
    private readonly ServedModels _models;
    private readonly WakeUp _wake;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _abort = new();

    /// <summary>By epoch too: a chain that was taken away may come back before its old run has noticed.</summary>
    private readonly Dictionary<(Guid Id, int Epoch), RunningChain> _running = [];
    private readonly Stopwatch _sinceLooking = new();
    private readonly Stopwatch _sinceRenewal = Stopwatch.StartNew();
    private readonly Stopwatch _sinceCounting = new();
    private readonly TimeSpan _renewal;

    private readonly ScoringShift _scoring;

    private bool _mayHaveWork;
    private bool _mayHaveScores;

    /// <summary>At the last claim of scorings: what this worker has drawn since waits for a score.</summary>
    private int _attempts;

    /// <summary>The last claim found nothing but, perhaps, prompts that others are at: those are the next to take.</summary>
    private bool _foundNone;
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
        _writer = new AttemptWriter(ledger.Source, ledger.Artifacts);
        _models = new ServedModels(ledger, progress, _log);
        _facts = new SharedFacts(new FactStore(ledger.Source));
        _scoring = new ScoringShift(ledger, session.Number, options, (sweep, scorer) => SetUpAsync(sweep, scorer), _models, progress, wake, _log);
        _renewal = new[] { options.Lease / 3, LongestRenewal }.Min();
    }

    private sealed record RunningChain(
        OpenChain Chain, ChosenChain? Chosen, CancellationTokenSource LetGo, Task<ChainLeft> Finished);

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
        await SettleAsync(turn);
        await _scoring.SettleAsync();
        var told = _wake.WasTold();
        var renewed = await RenewAsync(turn);
        if (told || renewed)
        {
            await LetGoAsync(turn);
        }

        _mayHaveWork |= told;
        _mayHaveScores |= told;
        if (!_sinceLooking.IsRunning || _sinceLooking.Elapsed >= Poll)
        {
            await LookAroundAsync(turn);
        }

        await (_options.Gate is { } gate ? ClaimChosenAsync(gate, turn) : ClaimAsync(turn));
        if (_mayHaveScores || _attempts != _progress.Attempts || _options.Gate is not null)
        {
            _attempts = _progress.Attempts;
            _mayHaveScores = await _scoring.ClaimAsync(_stop, turn);
        }

        _progress.Running = _running.Count;
        return _running.Count > 0 || _scoring.Running > 0 || !(_stop.IsCancellationRequested || await NothingLeftAsync(turn));
    }

    public async ValueTask DisposeAsync()
    {
        _options.Gate?.Clear();
        _models.Dispose();
        await _abort.CancelAsync();
        await Task.WhenAny(_turn);
        foreach (var chain in _running.Values)
        {
            await Task.WhenAny(chain.Finished); // its fault, if any, has been told by the first that failed
        }

        await _scoring.DisposeAsync();
        await _writer.DisposeAsync();
        await _session.DisposeAsync();
        _progress.Running = 0;
        _log.ShiftEnded(_session.Number, _progress.Attempts);
        _abort.Dispose();
        _wake.Dispose();
    }

    /// <summary>Forgets the chains that have ended; those that were stopped early are given back.</summary>
    private async Task SettleAsync(CancellationToken turn)
    {
        foreach (var (chain, chosen, letGo, finished) in _running.Values.Where(r => r.Finished.IsCompleted).ToList())
        {
            _running.Remove((chain.Id, chain.Epoch));
            letGo.Dispose();
            try
            {
                var left = await finished;
                if (!left.Ended && (left.Needs is not null || !_stop.IsCancellationRequested)
                    && !await _ledger.Leases.ReleaseAsync(_session.Number, chain.Id, chain.Epoch, left.Needs, turn))
                {
                    WorkerMetrics.LeaseLost();
                    _log.LeaseLost(chain.Id, chain.Epoch, _session.Number);
                }
            }
            finally
            {
                chosen?.End();
            }
        }
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
            WorkerMetrics.LeaseLost(_running.Count);
            _log.AllLeasesLost(_session.Number, _running.Count);
            throw new LeaseEndedException(_session.Number);
        }

        _sinceRenewal.Restart();
        return true;
    }

    /// <summary>Stops, after the attempt in flight, the chains that are not held any more.</summary>
    private async Task LetGoAsync(CancellationToken turn)
    {
        if (_running.Count == 0)
        {
            return;
        }

        var held = await _ledger.Leases.HeldAsync(_session.Number, turn);
        foreach (var (chain, _, letGo, _) in _running.Values)
        {
            if (held.GetValueOrDefault(chain.Id) != chain.Epoch)
            {
                await letGo.CancelAsync();
            }
        }
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

    /// <summary>Claims in batches: not for each chain that ends, but when a quarter of the slots is free.</summary>
    private async Task ClaimAsync(CancellationToken turn)
    {
        var room = _options.Slots - _running.Count;
        if (_stop.IsCancellationRequested || !_mayHaveWork || room < Math.Max(1, _options.Slots / 4))
        {
            return;
        }

        var asked = DateTimeOffset.UtcNow;
        var scope = _options.Scope with { Parked = [.. _progress.Parked.Keys] };
        var judges = scope.Role is ChainRole.Judge; // and so draws nothing that others could share
        var claimed = await _ledger.Leases.ClaimAsync(_session.Number, scope, room, besideOthers: judges, turn);
        if (claimed.Count == 0 && _foundNone && !judges)
        {
            claimed = await _ledger.Leases.ClaimAsync(_session.Number, scope, room, besideOthers: true, turn);
        }

        _foundNone = claimed.Count == 0;
        _mayHaveWork = claimed.Count > 0;
        foreach (var chain in claimed)
        {
            Begin(chain, null, asked);
        }
    }

    private async Task ClaimChosenAsync(SlotGate gate, CancellationToken turn)
    {
        var waiting = gate.TakeWaiting().ToDictionary(c => c.Id);
        var asked = DateTimeOffset.UtcNow;
        try
        {
            if (waiting.Count > 0 && !_stop.IsCancellationRequested)
            {
                foreach (var chain in await _ledger.Leases.ClaimAsync(_session.Number, [.. waiting.Keys], _options.Scope.Role, turn))
                {
                    waiting.Remove(chain.Id, out var chosen);
                    Begin(chain, chosen, asked);
                    chosen!.Begin();
                }
            }
        }
        finally
        {
            foreach (var refused in waiting.Values)
                refused.End(begun: false);
        }
    }

    /// <param name="asked">When its claim was sent, in UTC.</param>
    private void Begin(OpenChain chain, ChosenChain? chosen, DateTimeOffset asked)
    {
        var letGo = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        _running.Add((chain.Id, chain.Epoch), new(chain, chosen, letGo, Task.Run(() => RunAsync(chain, asked, letGo.Token))));
    }

    private async Task<ChainLeft> RunAsync(OpenChain chain, DateTimeOffset asked, CancellationToken stop)
    {
        using var trace = ChainTrace.Begin(chain, _session.Number, asked);
        try
        {
            return await SetUpAsync(chain.Sweep, scorer: null) is { } sweep ? await RunAsync(sweep, chain, stop) : new(Ended: false);
        }
        catch (PostgresException e) when (e.SqlState == AttemptWriter.StaleEpoch)
        {
            WorkerMetrics.WriteFenced();
            _log.WriteFenced(chain.Id, chain.Epoch, _session.Number);
            return new(Ended: false); // somebody else has it now, and draws the same
        }
        finally
        {
            _wake.Nudge();
        }
    }

    private async Task<ChainLeft> RunAsync(SweepSetup sweep, OpenChain chain, CancellationToken stop)
    {
        try
        {
            var role = _options.Scope.Role;
            if (!await _models.AreReadyAsync(sweep, chain.Arm, role, stop))
            {
                return new(Ended: false);
            }

            var generator = await _models.DigestAsync(sweep, sweep.Arms[chain.Arm].Generator, _abort.Token);
            return await new ChainRunner(sweep, _facts, _writer, _ledger.Artifacts, _progress, role, _log)
                .RunAsync(chain, generator, stop, _abort.Token);
        }
        catch (ModelUnavailableException e) when (!_options.EndsWhenDone)
        {
            if (_progress.Park(new(chain.Sweep, chain.Arm), e.Message, again: true))
            {
                _log.ArmParked(sweep.Plan.Arms[chain.Arm].Name, chain.Sweep, e.Message);
            }

            return new(Ended: false);
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
