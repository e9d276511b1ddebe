using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using ReflectDiT.Eval.Grains;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>One silo's life: the host of its grains, from joining the cluster to leaving it.</summary>
internal sealed class LedgerSilo : IAsyncDisposable
{
    /// <summary>Without its database a silo takes two minutes to leave; the others miss it sooner.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(20);

    private readonly IHost _host;
    private readonly CancellationTokenSource _lost;
    private readonly SiloSockets _sockets;
    private bool _joined;

    private LedgerSilo(IHost host, CancellationTokenSource lost, SiloSockets sockets)
    {
        (_host, _lost, _sockets) = (host, lost, sockets);
        Lost = lost.Token;
    }

    /// <summary>Cancelled when the others have found it dead: it is a member no more.</summary>
    public CancellationToken Lost { get; }

    public SiloAddress Address => _host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    private ILogger Log => _host.Services.GetRequiredService<ILogger<LedgerSilo>>();

    /// <param name="gate">The slots of the silo's worker, which its grains fill.</param>
    /// <returns>It is active. What has failed leaves nothing.</returns>
    public static async Task<LedgerSilo> JoinAsync(
        LedgerSession ledger,
        SlotGate gate,
        RunProgress progress,
        WorkScope scope,
        IPAddress bind,
        string cluster,
        CancellationToken cancellation)
    {
        var address = ClusterAddress.Of(bind, ledger.Source.ConnectionString);
        var handshake = await SecretHandshake.OfAsync(ledger.Source, ledger.Logs, cancellation);
        using var ports = SiloPorts.Take(address);
        var builder = LedgerCluster.CreateBuilder(ledger);
        var lost = new CancellationTokenSource();
        builder.Services
            .AddSingleton(ledger).AddSingleton(gate).AddSingleton(progress).AddSingleton(scope)
            .AddSingleton<SlotServiceClient>()
            .AddHostedService<SiloPulse>(); // before the silo: it speaks while that joins
        builder.UseOrleans(silo =>
        {
            Configure(silo, cluster, address, ports);
            silo.Configure<SiloConnectionOptions>(o =>
            {
                o.ConfigureSiloInboundConnection(handshake.Listen);
                o.ConfigureGatewayInboundConnection(handshake.Listen);
                o.ConfigureSiloOutboundConnection(handshake.Call);
            });
            silo.UseSiloMetadata(SiloOffer.Metadata(gate.Slots, scope.Arms, scope.Role))
                .AddGrainService<SlotService>()
                .Services
                .AddPlacementFilter<ServesArmFilter, ServesArmDirector>(ServiceLifetime.Singleton)
                .AddSingleton<IMembershipTable, LedgerMembershipTable>()
                .AddSingleton<IFatalErrorHandler>(provider =>
                    new LostSilo(lost, provider.GetRequiredService<ILogger<LostSilo>>()));
        });
        builder.Services.AddHostedService<SweepStarter>();
        var sockets = new SiloSockets();
        sockets.Watch(builder.Services);
        var joining = new LedgerSilo(builder.Build(), lost, sockets);
        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, joining.Lost);
            await joining._host.StartAsync(end.Token);
            joining._joined = true;
            return joining;
        }
        catch
        {
            await joining.DisposeAsync();
            throw;
        }
    }

    /// <summary>Leaves. The worker has drained: nothing that the silo holds is lost with it.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _host.StopAsync(Lost).WaitAsync(LeavePatience); // one that was found dead has nobody to take leave of
        }
        catch (Exception e)
        {
            // One that has not started cannot be stopped, and why it did not is told instead.
            if (_joined && !Lost.IsCancellationRequested)
                Log.LeavesWithoutAWord(e.Message);
        }

        await ((IAsyncDisposable)_host).DisposeAsync();
        await _sockets.DisposeAsync();
        _lost.Dispose();
    }

    private static void Configure(ISiloBuilder silo, string cluster, IPAddress address, SiloPorts ports) => silo
        .Configure<ClusterOptions>(o => LedgerCluster.Name(o, cluster))
        .Configure<SiloOptions>(o => o.SiloName = $"{Environment.MachineName}-{Environment.ProcessId}")
        .Configure<EndpointOptions>(o =>
        {
            o.AdvertisedIPAddress = address;
            o.SiloPort = ports.Silo;
            o.GatewayPort = ports.Gateway;
            o.SiloListeningEndpoint = new(address, ports.Silo);
            o.GatewayListeningEndpoint = new(address, ports.Gateway);
        })
        .Configure<ClusterMembershipOptions>(o =>
        {
            // A silo that dies is found within seconds, one whose cores are busy is not taken for dead. Left to adapt,
            // the timeout grows with every slow answer, and a hang is found after twice the time.
            o.ProbeTimeout = o.MinProbeTimeout = o.MaxProbeTimeout = TimeSpan.FromSeconds(2);
            o.NumMissedProbesLimit = 3;
            o.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        });
}
