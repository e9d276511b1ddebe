using System.CommandLine;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit ctl</c>: pause, resume, cancel or requeue a sweep, wherever its workers are.</summary>
internal static class CtlCommand
{
    public static Command Create() => new("ctl", "Control a sweep; takes effect at once, and may be repeated")
    {
        Verb("pause", "Stop after the attempts in flight, and keep the rest", SetState(SweepState.Paused)),
        Verb("resume", "Go on with a paused sweep", SetState(SweepState.Running)),
        Verb("cancel", "Stop after the attempts in flight for good; what was drawn stays", SetState(SweepState.Cancelled)),
        Verb("requeue", "Try failed chains and scores again, and go on with a cancelled sweep", async (session, sweep, cancellation) =>
        {
            await session.Leases.RetryFailedAsync(new(sweep.Id), cancellation);
            await session.Scorings.RetryFailedAsync(new(sweep.Id), cancellation);
            await session.Sweeps.SetStateAsync(sweep.Id, SweepState.Running, cancellation);
        }),
    };

    private static Func<LedgerSession, SweepRow, CancellationToken, Task> SetState(string state) =>
        async (session, sweep, cancellation) =>
        {
            if (sweep.State == SweepState.Cancelled && state != SweepState.Cancelled)
            {
                throw new UsageException(
                    $"Sweep {sweep.Name} ({sweep.Id}) is cancelled; 'reflectdit ctl requeue {sweep.Name}' goes on with it.");
            }

            await session.Sweeps.SetStateAsync(sweep.Id, state, cancellation);
        };

    private static Command Verb(
        string name, string description, Func<LedgerSession, SweepRow, CancellationToken, Task> act)
    {
        var ledger = new LedgerOptions();
        var sweep = new Argument<string>("SWEEP") { Description = "Its name, its id or the beginning of its id" };
        var command = new Command(name, description) { sweep };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var session = await ledger.OpenExistingAsync(parsed, cancellation);
            var row = await session.Sweeps.FindAsync(parsed.GetRequiredValue(sweep), cancellation);
            if (row.State == SweepState.Imported)
            {
                throw new UsageException(
                    $"Sweep {row.Name} ({row.Id}) was imported: it was run elsewhere, and there is nothing to {name}.");
            }

            await act(session, row, cancellation);
            var now = await session.Sweeps.FindAsync(row.Id.ToString(), cancellation);
            Terminal.Say($"Sweep {now.Name} ({now.Id}) is {now.State}.");
            return ExitCode.Done;
        });
        return command;
    }
}
