using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ReflectDiT.Eval.Silo.Health;

/// <summary>
/// Answers a cluster's probes over HTTP: 200, or 503 with the reason in a line. Its preStop hook is answered when the
/// worker has drained, which may take as long as an attempt.
/// </summary>
public sealed class HealthServer : IAsyncDisposable
{
    public const string Started = "/health/started";
    public const string Ready = "/health/ready";
    public const string Live = "/health/live";
    public const string Drain = "/drain";

    private readonly WebApplication _server;

    private HealthServer(WebApplication server) => _server = server;

    /// <param name="port">Of every address of this machine.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<HealthServer> StartAsync(int port, WorkerHealth health, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenAnyIP(port));
        var server = builder.Build();
        server.Run(context => AnswerAsync(context, health));
        try
        {
            await server.StartAsync(cancellation);
        }
        catch
        {
            await server.DisposeAsync();
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
            Drain => (true, await health.NotDrainedAsync(context.RequestAborted)),
            _ => (false, $"only {Started}, {Ready}, {Live} and {Drain} are here"),
        };
        context.Response.StatusCode = !known ? StatusCodes.Status404NotFound
            : reason is null ? StatusCodes.Status200OK
            : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync((reason ?? "yes") + "\n", context.RequestAborted);
    }
}
