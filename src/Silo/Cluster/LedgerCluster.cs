using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using Orleans.Messaging;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>What silos and clients have in common.</summary>
public static class LedgerCluster
{
    /// <summary>Connects to the silos of a ledger's database, to speak to their grains.</summary>
    /// <returns>Its <see cref="IClusterClient"/> is among its services.</returns>
    /// <exception cref="SiloUnavailableException">No silo can be reached.</exception>
    public static async Task<IHost> ConnectAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        var builder = CreateBuilder(source);
        builder.UseOrleansClient(client => client
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
    internal static HostApplicationBuilder CreateBuilder(NpgsqlDataSource source)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging
            .SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Orleans.Runtime.Silo", LogLevel.Error) // speaks of garbage collection at every start
            .AddFilter("Orleans.Runtime.GrainDirectory.ClientDirectory", LogLevel.None) // and of every silo that leaves
            .AddSimpleConsole(o =>
            {
                o.SingleLine = true;
                o.TimestampFormat = "HH:mm:ss ";
            });
        builder.Services
            .Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace)
            .AddSingleton(source)
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
