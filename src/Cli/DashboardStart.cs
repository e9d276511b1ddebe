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
    public static async Task<(LedgerSession Session, DashboardServer Server)> StartAsync(
        LedgerOptions ledger, ParseResult parsed, DashboardOptions options, Prices? prices, ILoggerFactory? logs, CancellationToken cancellation)
    {
        var session = await ledger.OpenExistingAsync(parsed, cancellation, logs, ImageUse.Read, readOnly: true);
        try
        {
            return (session, await DashboardServer.StartAsync(
                session, stop => ledger.OpenExistingAsync(parsed, stop, logs), options, prices, cancellation));
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }
}
