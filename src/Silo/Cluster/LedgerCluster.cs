using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
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
        Log(builder.Logging);
        builder.Services
            // A silo ends when it is told to, or is lost; a service of it that fails is no reason.
            .Configure<HostOptions>(o => o.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore)
            .AddSingleton(source)
            .AddSingleton<IHostLifetime, NoLifetime>();
        return builder;
    }

    /// <summary>What this process says of its cluster, on standard error.</summary>
    internal static void Log(ILoggingBuilder logging)
    {
        logging
            .SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Orleans.Runtime.Silo", LogLevel.Critical) // speaks of garbage collection at every start
            .AddFilter("Orleans.Runtime.SiloLifecycleSubject", LogLevel.Critical)
            .AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error) // and takes the start itself for a stall
            .AddFilter("Orleans.Runtime.GrainDirectory.ClientDirectory", LogLevel.None) // speaks of every silo that leaves
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical) // who starts these three says why they failed
            .AddSimpleConsole(o =>
            {
                o.SingleLine = true;
                o.TimestampFormat = "HH:mm:ss ";
            });
        logging.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
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
