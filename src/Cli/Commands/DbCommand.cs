using System.CommandLine;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit db stop</c>: ends the private PostgreSQL server of a data folder.</summary>
internal static class DbCommand
{
    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var stop = new Command("stop", "End the data folder's private PostgreSQL server; its data stays");
        ledger.AddTo(stop);
        stop.SetAction(async (parsed, cancellation) =>
        {
            var stopped = await PrivateServer.StopAsync(ledger.Data(parsed), cancellation);
            await Console.Error.WriteLineAsync(stopped
                ? $"The server of {ledger.Data(parsed)} has ended."
                : $"No server of {ledger.Data(parsed)} is running.");
            return ExitCode.Done;
        });
        return new Command("db", "The private PostgreSQL server of a data folder") { stop };
    }
}
