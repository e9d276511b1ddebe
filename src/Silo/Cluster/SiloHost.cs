using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans.Configuration;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using ReflectDiT.Eval.Grains;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>A worker in a silo: the cluster's grains choose its chains, the ledger gives them.</summary>
/// <param name="options">With no slots the silo works on nothing, and only serves calls.</param>
internal sealed class SiloHost(
    LedgerSession ledger,
    Func<Guid, CancellationToken, Task<SweepSetup>> sweeps,
    WorkerOptions options,
    RunProgress progress,
    string cluster = ClusterAddress.Id)
{
    private readonly SlotGate _gate = new(options.Slots);

    public async Task RunAsync(CancellationToken stop)
    {
        using var host = await StartAsync(stop);
        try
        {
            if (options.Slots == 0)
                await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, TaskScheduler.Default);
            else
                await new Worker(ledger, sweeps, options with { Gate = _gate }, progress).RunAsync(stop);
        }
        finally
        {
            // The worker has drained: nothing that the silo holds is lost with it.
            await host.StopAsync(CancellationToken.None);
        }
    }

    private async Task<IHost> StartAsync(CancellationToken stop)
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
                ClusterAddress.FreePort(address, ClusterAddress.GatewayPort));
            await host.StartAsync(stop);
            return host;
        }
        finally
        {
            await using var give = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", turn);
            await give.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private IHost Build(IPAddress address, int siloPort, int gatewayPort)
    {
        var builder = LedgerCluster.CreateBuilder(ledger.Source);
        builder.Services.AddSingleton(ledger).AddSingleton(_gate).AddSingleton(options.Scope).AddSingleton<SlotServiceClient>();
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(o => LedgerCluster.Name(o, cluster))
            // By this name the leases of a silo that is lost are found (LeaseStore.FreeDeadSilosAsync).
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
                // A silo that joins waits for each that seems alive; one that hangs seems so for three of these.
                o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(3);
            })
            .UseSiloMetadata(SiloOffer.Metadata(options.Slots, options.Scope.Arms))
            .AddGrainService<SlotService>()
            .ConfigureServices(services => services
                .AddPlacementFilter<ServesArmFilter, ServesArmDirector>(ServiceLifetime.Singleton)
                .AddSingleton<IMembershipTable, LedgerMembershipTable>()));
        builder.Services.AddHostedService<SweepStarter>();
        return builder.Build();
    }
}
