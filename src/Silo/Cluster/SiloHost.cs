using System.Diagnostics;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Grains;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>
/// A worker in a silo: the cluster's grains choose its chains, the ledger gives them. A silo that the others have found
/// dead, because it hung or did not reach the database, drains and joins again as a new one.
/// </summary>
/// <param name="options">With no slots the silo works on nothing, and only serves calls.</param>
public sealed class SiloHost(
    LedgerSession ledger,
    Func<Guid, CancellationToken, Task<SweepSetup>> sweeps,
    WorkerOptions options,
    RunProgress progress,
    string cluster = SiloHost.DefaultCluster)
{
    /// <summary>Silos and clients of one ledger's database are one cluster.</summary>
    internal const string DefaultCluster = "reflectdit";

    private readonly SlotGate _gate = new(options.Slots, options.ScoringSlots);

    /// <summary>Where the silo listens, see <see cref="ClusterAddress.Of"/>.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>The version of the Orleans package; the assembly's own stays the same for a whole major version.</summary>
    public static string OrleansVersion { get; } = typeof(IMembershipTable).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', ' ')[0].TrimEnd('.');

    /// <summary>Works until told to stop; what keeps it from the cluster is waited out, as outages of the database are.</summary>
    /// <param name="stop">Attempts in flight are finished, none is begun, and leases are given back.</param>
    /// <exception cref="LedgerException">The database stayed away.</exception>
    /// <exception cref="IOException">An image could not be saved.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        while (await JoinAsync(stop) is { } silo)
        {
            await using (silo)
            {
                using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, silo.Lost);
                var member = options with { Gate = _gate, Silo = silo.Address.ToParsableString() };
                await new Worker(ledger, sweeps, member, progress).RunAsync(end.Token);
            }
        }
    }

    /// <returns>Null when told to stop.</returns>
    private async Task<LedgerSilo?> JoinAsync(CancellationToken stop)
    {
        var faults = new FaultLog(ledger.Logs.CreateLogger<SiloHost>(), "Joining the cluster");
        var since = Stopwatch.StartNew();
        for (var pause = 1; !stop.IsCancellationRequested; pause = Math.Min(2 * pause, 10))
        {
            if (progress.Pulse.Now != WorkerPulse.Phase.Starting)
                progress.Pulse.Wait();
            try
            {
                return await LedgerSilo.JoinAsync(ledger, _gate, progress, options.Scope, Bind, cluster, stop);
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
            }
            catch (Exception e) when (since.Elapsed < options.OutagePatience)
            {
                faults.Failed(e);
                var rest = TimeSpan.FromSeconds(pause);
                await (IsOutage(e) ? ledger.RecoverAsync(e, options.OutagePatience - since.Elapsed, rest, stop) : Task.Delay(rest, stop));
            }
        }

        return null;
    }

    private static bool IsOutage(Exception error) => LedgerSession.IsOutage(error)
        || (error is OrleansException { InnerException: { } cause } && LedgerSession.IsOutage(cause));
}
