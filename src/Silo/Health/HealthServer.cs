using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using OpenTelemetry.Metrics;

namespace ReflectDiT.Eval.Silo.Health;

/// <summary>
/// Answers a cluster's probes over HTTP: 200, or 503 with the reason in a line. Shows the worker's metrics.
/// </summary>
public sealed class HealthServer : IAsyncDisposable
{
    public const string Started = "/health/started";
    public const string Ready = "/health/ready";
    public const string Live = "/health/live";
    public const string Metrics = "/metrics";

    /// <summary>Ports below are of the system.</summary>
    private const int FirstOfUsers = 1024;

    private readonly WebApplication _server;

    private HealthServer(WebApplication server) => _server = server;

    /// <param name="at">Whoever reaches it may ask.</param>
    /// <param name="metrics">Shown at <see cref="Metrics"/>.</param>
    /// <exception cref="IOException">The port is in use, or the address is not of this machine.</exception>
    public static async Task<HealthServer> StartAsync(
        IPEndPoint at, WorkerHealth health, MeterProvider? metrics, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(at));
        var server = builder.Build();
        server.UseOpenTelemetryPrometheusScrapingEndpoint(metrics, null, Metrics, null, null);
        server.Run(context => AnswerAsync(context, health));
        try
        {
            await server.StartAsync(cancellation);
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            if (e is IOException or SocketException)
                throw new IOException($"Cannot listen at {at}: {e.GetBaseException().Message}. Choose another port"
                    + $"{(at.Port < FirstOfUsers ? $": those below {FirstOfUsers} are root's" : " or address")}.", e);
            throw;
        }

        return new(server);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static async Task AnswerAsync(HttpContext context, WorkerHealth health)
    {
        var (known, reason) = context.Request.Path.Value switch
        {
            Started => (true, health.NotStarted()),
            Ready => (true, await health.NotReadyAsync(context.RequestAborted)),
            Live => (true, health.NotAlive()),
            _ => (false, $"only {Started}, {Ready}, {Live} and {Metrics} are here"),
        };
        context.Response.StatusCode = !known ? StatusCodes.Status404NotFound
            : reason is null ? StatusCodes.Status200OK
            : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync((reason ?? "yes") + "\n", context.RequestAborted);
    }
}
