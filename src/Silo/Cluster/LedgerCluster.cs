using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Messaging;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>What silos and clients have in common.</summary>
public static class LedgerCluster
{
    /// <summary>Connects to the silos of a ledger's database, to speak to their grains.</summary>
    /// <returns>Its <see cref="IClusterClient"/> is among its services.</returns>
    /// <exception cref="SiloUnavailableException">No silo can be reached.</exception>
    public static async Task<IHost> ConnectAsync(LedgerSession ledger, CancellationToken cancellation)
    {
        var handshake = await SecretHandshake.OfAsync(ledger.Source, ledger.Logs, cancellation);
        var builder = CreateBuilder(ledger);
        builder.UseOrleansClient(client => client
            .Configure<ClientConnectionOptions>(o => o.ConfigureConnection(handshake.Call))
            .Configure<ClusterOptions>(o => Name(o, SiloHost.DefaultCluster))
            .Configure<GatewayOptions>(o => o.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5))
            .Services.AddSingleton<IGatewayListProvider, LedgerGatewayList>());
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellation);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>An application that reads no settings and takes no signals: whoever hosts it does.</summary>
    internal static HostApplicationBuilder CreateBuilder(LedgerSession ledger)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            // A silo ends when it is told to, or is lost; a service of it that fails is no reason.
            .Configure<HostOptions>(o => o.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore)
            .AddSingleton(ledger.Logs)
            .AddSingleton(ledger.Source)
            .AddSingleton<IHostLifetime, NoLifetime>();
        return builder;
    }

    internal static void Name(ClusterOptions options, string cluster)
    {
        options.ClusterId = cluster;
        options.ServiceId = SiloHost.DefaultCluster;
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
