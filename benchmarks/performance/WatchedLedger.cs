using System.Net;
using ReflectDiT.Eval.Dashboard.Hosting;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Performance;

/// <summary>A ledger, a dashboard of it, and one who is let in.</summary>
internal sealed class WatchedLedger : IAsyncDisposable
{
    private readonly LedgerSession _reading;
    private readonly DashboardServer _server;

    private WatchedLedger(LedgerSession session, LedgerSession reading, DashboardServer server, SweepStatus sweep)
    {
        (Session, _reading, _server, Sweep) = (session, reading, server, sweep);
        Client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 128 }) { BaseAddress = new(server.Address.GetLeftPart(UriPartial.Authority)) };
        Root = $"/sweeps/{sweep.Id.ToString()[..8]}";
        Pages =
        [
            "/", Root, $"{Root}?axis=device-seconds", $"{Root}/prompts", $"{Root}/prompts?show=flipped&sort=difficulty&page=2",
            $"{Root}/arms/1/prompts/7", $"{Root}/compare", $"{Root}/compare?n=4&show=all", "/workers",
        ];
    }

    public LedgerSession Session { get; }

    public HttpClient Client { get; }

    /// <summary>The newest.</summary>
    public SweepStatus Sweep { get; }

    /// <summary>The address of the sweep's page.</summary>
    public string Root { get; }

    /// <summary>One of each kind that shows the sweep, and more of the large ones.</summary>
    public IReadOnlyList<string> Pages { get; }

    /// <param name="data">The data folder of a ledger with a sweep of two arms or more.</param>
    public static async Task<WatchedLedger> OpenAsync(string data)
    {
        var session = await LedgerSession.OpenExistingAsync(data, null, CancellationToken.None);
        var reading = await LedgerSession.OpenExistingAsync(data, null, CancellationToken.None, readOnly: true);
        var server = await DashboardServer.StartAsync(
            reading, null, new(new(IPAddress.Loopback, 0), Path.Combine(data, "dashboard")), null, CancellationToken.None);
        var sweep = (await SweepStatus.AllAsync(session, CancellationToken.None))[^1];
        Console.WriteLine($"sweep {sweep.Name}: {sweep.Attempts} attempts, {sweep.Open} of {sweep.Chains} chains open");
        var watched = new WatchedLedger(session, reading, server, sweep);
        (await watched.Client.GetAsync(server.Address)).EnsureSuccessStatusCode();
        return watched;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        await _reading.DisposeAsync();
        await Session.DisposeAsync();
    }
}
