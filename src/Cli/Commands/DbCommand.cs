using System.CommandLine;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit db</c>: ends the private PostgreSQL server of a data folder, and removes what nothing refers to.</summary>
internal static class DbCommand
{
    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var stop = new Command("stop", "End the data folder's private PostgreSQL server; its data stays");
        ledger.AddTo(stop);
        stop.SetAction(async (parsed, cancellation) =>
        {
            ledger.RefuseDatabase(parsed, "'db stop' ends the private server of --data; it does not stop another database");
            var stopped = await PrivateServer.StopAsync(ledger.Data(parsed), cancellation);
            Terminal.Say(stopped
                ? $"The server of {ledger.Data(parsed)} has ended."
                : $"No server of {ledger.Data(parsed)} is running.");
            return ExitCode.Done;
        });
        var prune = new Command("prune", "Remove drawings, judgements and files that no attempt refers to ('status --detail' counts them)");
        var pruned = new LedgerOptions();
        pruned.AddTo(prune);
        prune.SetAction(async (parsed, cancellation) =>
        {
            await using var session = await pruned.OpenExistingAsync(parsed, cancellation, images: ImageUse.Read);
            var removed = await FactUse.PruneAsync(session, cancellation);
            Terminal.Say(
                $"Removed {removed.Drawings} drawings, {removed.Judgements} judgements and {removed.Artifacts.Count} files.");
            return ExitCode.Done;
        });
        return new Command("db", "The database of a ledger") { stop, prune };
    }
}
