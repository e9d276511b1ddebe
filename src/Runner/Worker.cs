using System.Collections.Concurrent;
using System.Diagnostics;
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

    /// <summary>A shift of so long was a good one: an outage after it is another than the one before it.</summary>
    private static readonly TimeSpan GoodShift = TimeSpan.FromSeconds(10);

    /// <summary>Works until told to stop, or until all is done; outages of the database are waited out.</summary>
    /// <param name="stop">Attempts in flight are finished, none is begun, and leases are given back.</param>
    /// <exception cref="LedgerException">The database stayed away.</exception>
    /// <exception cref="IOException">An image could not be saved.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var trouble = new Stopwatch();
        for (var outages = 0; ; outages++)
        {
            var clock = Stopwatch.StartNew();
            try
            {
                await using var shift = await WorkerShift.BeginAsync(ledger, SweepAsync, options, progress, stop);
                await shift.WorkAsync();
                return;
            }
            catch (LeaseEndedException)
            {
                outages = -1; // the next shift has a number of its own
            }
            catch (Exception e) when (LedgerSession.IsOutage(e))
            {
                if (clock.Elapsed > GoodShift)
                {
                    outages = 0;
                    trouble.Reset();
                }

                trouble.Start();
                progress.Pulse.Wait();
                if (!await CameBackAsync(e, outages, options.OutagePatience - trouble.Elapsed, stop))
                    return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return; // before it had a shift
            }
        }
    }

    /// <returns>False when told to stop: what the worker held, the ledger frees by itself.</returns>
    private async Task<bool> CameBackAsync(Exception outage, int outages, TimeSpan patience, CancellationToken stop)
    {
        try
        {
            // A database that answers and takes nothing is not asked without end.
            var pause = TimeSpan.FromSeconds(Math.Min(0.1 * Math.Pow(2, outages), 5));
            await ledger.RecoverAsync(outage, patience, pause, stop);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Each sweep is read once, for all its chains.</summary>
    /// <param name="scorer">One that came after it was read makes it be read again.</param>
    private async Task<SweepSetup> SweepAsync(Guid id, Guid? scorer)
    {
        var setup = _sweeps.GetOrAdd(id, key => new(() => sweeps(key, CancellationToken.None)));
        try
        {
            var sweep = await setup.Value;
            if (scorer is { } needed && !sweep.Scorings.ContainsKey(needed))
            {
                setup = _sweeps.AddOrUpdate(
                    id,
                    key => new(() => sweeps(key, CancellationToken.None)),
                    (key, known) => known == setup ? new(() => sweeps(key, CancellationToken.None)) : known);
                sweep = await setup.Value;
            }

            return sweep;
        }
        catch
        {
            _sweeps.TryRemove(new(id, setup)); // an outage must not be remembered
            throw;
        }
    }
}
