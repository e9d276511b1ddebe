using Microsoft.Extensions.Logging;
using Npgsql;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner.Telemetry;

namespace ReflectDiT.Eval.Runner;

/// <summary>The chains of a worker's shift: claimed in batches, or chosen for it; run side by side, and given back where they do not end here.</summary>
internal sealed class ChainShift(
    LedgerSession ledger,
    int worker,
    WorkerOptions options,
    Func<Guid, Task<SweepSetup?>> sweeps,
    ServedModels models,
    RunProgress progress,
    WakeUp wake,
    ILogger log,
    CancellationToken stop) : IAsyncDisposable
{
    private readonly AttemptWriter _writer = new(ledger.Source, ledger.Artifacts, ledger.Changes);
    private readonly SharedFacts _facts = new(new FactStore(ledger.Source));
    private readonly CancellationTokenSource _abort = new();

    /// <summary>By epoch too: a chain that was taken away may come back before its old run has noticed.</summary>
    private readonly Dictionary<(Guid Id, int Epoch), RunningChain> _running = [];

    /// <summary>The last claim found nothing but, perhaps, prompts that others are at: those are the next to take.</summary>
    private bool _foundNone;

    private sealed record RunningChain(
        OpenChain Chain, ChosenChain? Chosen, CancellationTokenSource LetGo, Task<ChainLeft> Finished);

    public int Running => _running.Count;

    /// <summary>Forgets the chains that have ended; those that were stopped early are given back.</summary>
    public async Task SettleAsync(CancellationToken turn)
    {
        foreach (var (chain, chosen, letGo, finished) in _running.Values.Where(r => r.Finished.IsCompleted).ToList())
        {
            _running.Remove((chain.Id, chain.Epoch));
            letGo.Dispose();
            try
            {
                var left = await finished;
                if (!left.Ended && (left.Needs is not null || !stop.IsCancellationRequested)
                    && !await ledger.Leases.ReleaseAsync(worker, chain.Id, chain.Epoch, left.Needs, turn))
                {
                    WorkerMetrics.LeaseLost();
                    log.LeaseLost(chain.Id, chain.Epoch, worker);
                }
            }
            finally
            {
                chosen?.End();
            }
        }
    }

    /// <summary>Stops, after the attempt in flight, the chains that are not held any more.</summary>
    public async Task LetGoAsync(CancellationToken turn)
    {
        if (_running.Count == 0)
        {
            return;
        }

        var held = await ledger.Leases.HeldAsync(worker, turn);
        foreach (var (chain, _, letGo, _) in _running.Values)
        {
            if (held.GetValueOrDefault(chain.Id) != chain.Epoch)
            {
                await letGo.CancelAsync();
            }
        }
    }

    /// <summary>
    /// Begins more: those that were chosen for this worker, or what it claims itself, in batches: not for each chain that
    /// ends, but when a quarter of the slots is free.
    /// </summary>
    /// <param name="mayHaveWork">There may be chains to claim.</param>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> ClaimAsync(bool mayHaveWork, CancellationToken turn)
    {
        if (options.Gate is { } gate)
        {
            await ClaimChosenAsync(gate, turn);
            return mayHaveWork;
        }

        var room = options.Slots - _running.Count;
        if (stop.IsCancellationRequested || !mayHaveWork || room < Math.Max(1, options.Slots / 4))
        {
            return mayHaveWork;
        }

        var asked = DateTimeOffset.UtcNow;
        var scope = options.Scope with { Parked = [.. progress.Parked.Keys] };
        var judges = scope.Role is ChainRole.Judge; // and so draws nothing that others could share
        var claimed = await ledger.Leases.ClaimAsync(worker, scope, room, besideOthers: judges, turn);
        if (claimed.Count == 0 && _foundNone && !judges)
        {
            claimed = await ledger.Leases.ClaimAsync(worker, scope, room, besideOthers: true, turn);
        }

        _foundNone = claimed.Count == 0;
        foreach (var chain in claimed)
        {
            Begin(chain, null, asked);
        }

        return claimed.Count > 0;
    }

    /// <summary>Tells what is at work to end at once.</summary>
    public Task AbortAsync() => _abort.CancelAsync();

    /// <summary>Waits for what is at work, and writes what it has made; what it holds, the end of the shift gives back.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var chain in _running.Values)
        {
            await Task.WhenAny(chain.Finished); // its fault, if any, has been told by the first that failed
        }

        await _writer.DisposeAsync();
        progress.Running = 0;
        _abort.Dispose();
    }

    private async Task ClaimChosenAsync(SlotGate gate, CancellationToken turn)
    {
        var waiting = gate.TakeWaiting().ToDictionary(c => c.Id);
        var asked = DateTimeOffset.UtcNow;
        try
        {
            if (waiting.Count > 0 && !stop.IsCancellationRequested)
            {
                foreach (var chain in await ledger.Leases.ClaimAsync(worker, [.. waiting.Keys], options.Scope.Role, turn))
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
        var letGo = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _running.Add((chain.Id, chain.Epoch), new(chain, chosen, letGo, Task.Run(() => RunAsync(chain, asked, letGo.Token))));
    }

    private async Task<ChainLeft> RunAsync(OpenChain chain, DateTimeOffset asked, CancellationToken letGo)
    {
        using var trace = ChainTrace.Begin(chain, worker, asked);
        try
        {
            return await sweeps(chain.Sweep) is { } sweep ? await RunAsync(sweep, chain, letGo) : new(Ended: false);
        }
        catch (PostgresException e) when (e.SqlState == AttemptWriter.StaleEpoch)
        {
            WorkerMetrics.WriteFenced();
            log.WriteFenced(chain.Id, chain.Epoch, worker);
            return new(Ended: false); // somebody else has it now, and draws the same
        }
        finally
        {
            wake.Nudge();
        }
    }

    private async Task<ChainLeft> RunAsync(SweepSetup sweep, OpenChain chain, CancellationToken letGo)
    {
        try
        {
            var role = options.Scope.Role;
            if (!await models.AreReadyAsync(sweep, chain.Arm, role, letGo))
            {
                return new(Ended: false);
            }

            var generator = await models.DigestAsync(sweep, sweep.Arms[chain.Arm].Generator, _abort.Token);
            return await new ChainRunner(sweep, _facts, _writer, ledger.Artifacts, ledger.Answers, progress, role, log)
                .RunAsync(chain, generator, letGo, _abort.Token);
        }
        catch (ModelUnavailableException e) when (!options.EndsWhenDone)
        {
            if (progress.Park(new(chain.Sweep, chain.Arm), e.Message, again: true))
            {
                log.ArmParked(sweep.Plan.Arms[chain.Arm].Name, chain.Sweep, e.Message);
            }

            return new(Ended: false);
        }
    }
}
