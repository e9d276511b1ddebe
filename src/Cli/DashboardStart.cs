using System.CommandLine;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Dashboard.Hosting;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli;

/// <summary>Starts a dashboard of the ledger that the options of a command name.</summary>
internal static class DashboardStart
{
    /// <summary>Below the data folder.</summary>
    public static string Folder(string data) => Path.Combine(data, "dashboard");

    /// <summary>The sessions are the dashboard's own: it reads with one that cannot write, and opens another for what people change.</summary>
    /// <param name="sweep">The one to begin with; null for the list of all.</param>
    /// <returns>With the address to open.</returns>
    /// <exception cref="SweepNotFoundException">There is no such sweep.</exception>
    public static async Task<(LedgerSession Session, DashboardServer Server, Uri Address)> StartAsync(
        LedgerOptions ledger,
        ParseResult parsed,
        DashboardOptions options,
        Prices? prices,
        string? sweep,
        ILoggerFactory? logs,
        CancellationToken cancellation)
    {
        var session = await ledger.OpenExistingAsync(parsed, cancellation, logs, ImageUse.Read, readOnly: true);
        try
        {
            var first = sweep is null ? null : await session.Sweeps.FindAsync(sweep, cancellation);
            var server = await DashboardServer.StartAsync(
                session, stop => ledger.OpenExistingAsync(parsed, stop, logs), options, prices, cancellation);
            return (session, server, first is null ? server.Address : new UriBuilder(server.Address) { Path = $"/sweeps/{first.Id.ToString()[..8]}" }.Uri);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }
}
