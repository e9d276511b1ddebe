using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Grains;

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

    /// <summary>
    /// Longer than the database takes for any question that is asked here. Waited for beside the question: to cancel it
    /// takes a connection too, and a server that is silent lets that wait as well.
    /// </summary>
    private static readonly TimeSpan DatabasePatience = TimeSpan.FromSeconds(10);

    private readonly SilentSilos _silent = new(LooksInVain);
    private readonly FaultLog _faults = new(log, "The silo's sign of life in the database");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Repeat.EveryAsync(
        Period,
        BeatAsync,
        fault =>
        {
            _faults.Failed(fault);
            _silent.Forget(); // who does not reach the database cannot tell who does
        },
        stoppingToken);

    private async Task BeatAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(DatabasePatience);
        await table.UpdateIAmAliveAsync(
                new() { SiloAddress = local.SiloAddress, IAmAliveTime = DateTime.UtcNow }, patience.Token)
            .WaitAsync(patience.Token);
        var members = (await table.ReadAllAsync(patience.Token).WaitAsync(patience.Token)).Members.Select(m => m.Item1);
        var others = members.Where(m => m.Status == SiloStatus.Active && !m.SiloAddress.Equals(local.SiloAddress));
        foreach (var silo in _silent.Look(others))
        {
            log.SiloDeclaredDead(silo);
            await membership.TryKill(silo).WaitAsync(patience.Token);
        }

        _faults.Worked();
    }
}
