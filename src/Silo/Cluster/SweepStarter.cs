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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Poll);
        do
        {
            try
            {
                await using var tables = new LedgerContext(ledger.Source);
                foreach (var sweep in await tables.Sweeps
                    .Where(s => s.State == SweepState.Running
                        && tables.Chains.Any(c => c.SweepId == s.Id && c.State == ChainState.Open))
                    .Select(s => s.Id)
                    .ToListAsync(stoppingToken))
                {
                    await grains.GetGrain<ISweepGrain>(sweep).FeedAsync();
                }
            }
            catch (Exception e) when (LedgerSession.IsOutage(e) || e is OrleansException or TimeoutException)
            {
                log.LogInformation(e, "Sweeps were not looked for");
            }
        }
        while (await NextAsync(timer, stoppingToken));
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
