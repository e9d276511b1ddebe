using System.Collections.Concurrent;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>
/// Takes chains from the ledger under leases, runs many at once, and gives back what it does not finish. Any number of
/// workers share a ledger; what they draw does not depend on who draws it.
/// </summary>
/// <param name="sweeps">What a sweep is run with, by its id.</param>
public sealed class Worker(
    LedgerSession ledger,
    Func<Guid, CancellationToken, Task<SweepSetup>> sweeps,
    WorkerOptions options,
    RunProgress progress)
{
    private readonly ConcurrentDictionary<Guid, Lazy<Task<SweepSetup>>> _sweeps = new();

    /// <summary>Works until told to stop, or until all is done; outages of the database are waited out.</summary>
    /// <param name="stop">Attempts in flight are finished, none is begun, and leases are given back.</param>
    /// <exception cref="LedgerException">The database stayed away, or an artifact is damaged.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await using var shift = await WorkerShift.BeginAsync(ledger, SweepAsync, options, progress, stop);
                await shift.WorkAsync();
                return;
            }
            catch (Exception e) when (LedgerSession.IsOutage(e))
            {
                progress.Pulse.Wait();
                if (!await CameBackAsync(e, stop))
                    return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return; // before it had a shift
            }
        }
    }

    /// <returns>False when told to stop: what the worker held, the ledger frees by itself.</returns>
    private async Task<bool> CameBackAsync(Exception outage, CancellationToken stop)
    {
        try
        {
            await ledger.RecoverAsync(outage, options.OutagePatience, stop);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Each sweep is set up once: its models are shared by all its chains.</summary>
    private async Task<SweepSetup> SweepAsync(Guid id)
    {
        var setup = _sweeps.GetOrAdd(id, key => new(() => progress.Pulse.LoadAsync(sweeps(key, CancellationToken.None))));
        try
        {
            return await setup.Value;
        }
        catch
        {
            _sweeps.TryRemove(new(id, setup)); // an outage must not be remembered
            throw;
        }
    }
}
