using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>
/// Says in the ledger that this silo lives, and has those declared dead that do not. The probes of Orleans find silos
/// that are gone or hang; a silo that its peers reach and that does not reach the database answers them, but hears of
/// no new silo and refuses its grains, and one that joins is held up by it, or by a lonely silo that hangs.
/// </summary>
internal sealed class SiloPulse(
    IMembershipTable table,
    ILocalSiloDetails local,
    IClusterMembershipService membership,
    ILogger<SiloPulse> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    /// <summary>Death is no great loss to a silo that lives: it drains, and joins again.</summary>
    private const int LooksInVain = 5;

    /// <summary>Longer than the database takes for any question that is asked here.</summary>
    private static readonly TimeSpan DatabasePatience = TimeSpan.FromSeconds(10);

    private readonly SilentSilos _silent = new(LooksInVain);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await BeatAsync();
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task BeatAsync()
    {
        try
        {
            await table.UpdateIAmAliveAsync(
                    new() { SiloAddress = local.SiloAddress, IAmAliveTime = DateTime.UtcNow }, CancellationToken.None)
                .WaitAsync(DatabasePatience);
            var members = (await table.ReadAllAsync(CancellationToken.None).WaitAsync(DatabasePatience)).Members.Select(m => m.Item1);
            var others = members.Where(m => m.Status == SiloStatus.Active && !m.SiloAddress.Equals(local.SiloAddress));
            foreach (var silo in _silent.Look(others))
            {
                log.LogWarning("Silo {Silo} does not reach the database, or hangs: it is declared dead", silo);
                await membership.TryKill(silo);
            }
        }
        catch (Exception e) when (e is TimeoutException || LedgerSession.IsOutage(e))
        {
            _silent.Forget(); // who does not reach the database cannot tell who does
        }
    }
}
