using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Grains;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>
/// Wakes the grains of the sweeps that have work: after they were planned or resumed, and where a silo that fed a
/// sweep is gone. Every silo does, so that none is needed.
/// </summary>
internal sealed class SweepStarter(LedgerSession ledger, IGrainFactory grains, ILogger<SweepStarter> log) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly FaultLog _faults = new(log, "Looking for sweeps");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeat.EveryAsync(Poll, LookAsync, _faults.Failed, stoppingToken);

    private async Task LookAsync(CancellationToken stop)
    {
        await using var tables = new LedgerContext(ledger.Source);
        foreach (var sweep in await tables.Sweeps
            .Where(s =>
                (s.State == SweepState.Running && tables.Chains.Any(c => c.SweepId == s.Id && c.State == ChainState.Open))
                || ((s.State == SweepState.Running || s.State == SweepState.Imported)
                    && tables.Scorings.Any(q => q.SweepId == s.Id && q.Failure == null)))
            .Select(s => s.Id)
            .ToListAsync(stop))
        {
            await grains.GetGrain<ISweepGrain>(sweep).FeedAsync();
        }

        _faults.Worked();
    }
}
