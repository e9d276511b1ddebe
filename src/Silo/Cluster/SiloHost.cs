using System.Net;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
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

    private readonly SlotGate _gate = new(options.Slots);

    /// <summary>The version of the Orleans package; the assembly's own stays the same for a whole major version.</summary>
    public static string OrleansVersion { get; } = typeof(IMembershipTable).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', ' ')[0];

    /// <summary>Works until told to stop; outages of the database are waited out.</summary>
    /// <param name="stop">Attempts in flight are finished, none is begun, and leases are given back.</param>
    /// <exception cref="LedgerException">The database stayed away, or an artifact is damaged.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await LiveAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return; // before it had joined
            }
            catch (Exception e) when (IsOutage(e))
            {
                await ledger.RecoverAsync(e, options.OutagePatience, TimeSpan.FromSeconds(0.1), stop);
            }
        }
    }

    private static bool IsOutage(Exception error) => LedgerSession.IsOutage(error)
        || (error is OrleansException { InnerException: { } cause } && LedgerSession.IsOutage(cause));

    /// <summary>One silo's life, from joining to its end.</summary>
    private async Task LiveAsync(CancellationToken stop)
    {
        using var lost = new CancellationTokenSource();
        using var host = await JoinAsync(lost, stop);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, lost.Token);
        try
        {
            var silo = host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString();
            await new Worker(ledger, sweeps, options with { Gate = _gate, Silo = silo }, progress).RunAsync(end.Token);
        }
        finally
        {
            await StopAsync(host, lost.Token);
        }
    }

    /// <summary>The worker has drained: nothing that the silo holds is lost with it.</summary>
    /// <param name="lost">A silo that was found dead has nobody to take leave of.</param>
    private static async Task StopAsync(IHost host, CancellationToken lost)
    {
        try
        {
            await host.StopAsync(lost);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
        }
    }

    private async Task<IHost> JoinAsync(CancellationTokenSource lost, CancellationToken stop)
    {
        var address = ClusterAddress.Own(ledger.Source.ConnectionString);
        // Until it listens nobody sees its ports as taken, and of two members with one address the older is put to death.
        await using var turn = await ledger.Source.OpenConnectionAsync(stop);
        await using var take = new NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended($1, 0))", turn)
        {
            Parameters = { new() { Value = $"reflectdit silo on {address}" } },
            CommandTimeout = 0,
        };
        await take.ExecuteNonQueryAsync(stop);
        try
        {
            var host = Build(
                address,
                ClusterAddress.FreePort(address, ClusterAddress.SiloPort),
                ClusterAddress.FreePort(address, ClusterAddress.GatewayPort),
                lost);
            await host.StartAsync(stop);
            return host;
        }
        finally
        {
            await using var give = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", turn);
            await give.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private IHost Build(IPAddress address, int siloPort, int gatewayPort, CancellationTokenSource lost)
    {
        var builder = LedgerCluster.CreateBuilder(ledger.Source);
        builder.Services
            .AddSingleton(ledger).AddSingleton(_gate).AddSingleton(progress).AddSingleton(options.Scope)
            .AddSingleton<SlotServiceClient>()
            .AddHostedService<SiloPulse>(); // before the silo: it speaks while that joins
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(o => LedgerCluster.Name(o, cluster))
            .Configure<SiloOptions>(o => o.SiloName = $"{Environment.MachineName}-{Environment.ProcessId}")
            .Configure<EndpointOptions>(o =>
            {
                o.AdvertisedIPAddress = address;
                o.SiloPort = siloPort;
                o.GatewayPort = gatewayPort;
                o.SiloListeningEndpoint = new(address, siloPort);
                o.GatewayListeningEndpoint = new(address, gatewayPort);
            })
            .Configure<ClusterMembershipOptions>(o =>
            {
                // A silo that dies is found within seconds, one whose cores are busy is not taken for dead.
                o.ProbeTimeout = TimeSpan.FromSeconds(2);
                o.NumMissedProbesLimit = 3;
                o.TableRefreshTimeout = TimeSpan.FromSeconds(10);
            })
            .UseSiloMetadata(SiloOffer.Metadata(options.Slots, options.Scope.Arms))
            .AddGrainService<SlotService>()
            .ConfigureServices(services => services
                .AddPlacementFilter<ServesArmFilter, ServesArmDirector>(ServiceLifetime.Singleton)
                .AddSingleton<IMembershipTable, LedgerMembershipTable>()
                .AddSingleton<IFatalErrorHandler>(provider =>
                    new LostSilo(lost, provider.GetRequiredService<ILogger<LostSilo>>()))));
        builder.Services.AddHostedService<SweepStarter>();
        return builder.Build();
    }
}
