using System.CommandLine;
using ReflectDiT.Eval.Exchange.Exports;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit export</c>: a sweep as files that the published scripts, or anybody's, read.</summary>
internal static class ExportCommand
{
    public static Command Create() => new("export", "Write a sweep as files that the published scripts read")
    {
        Verb(ArmInput.GenEval,
            "The image that each chain shows, in GenEval's folders, with a results.jsonl for each arm"),
        Verb(ArmInput.ReflectDit,
            "Every image with its .feedback.json, in the folders of the released Reflect-DiT code"),
        Verb(ArmInput.Csv, "attempts.csv: everything but the images, one attempt a line"),
        Verb(EveryEvalEver.Format,
            "Scores with their intervals, a record of Every Eval Ever (schema " + EveryEvalEver.SchemaVersion + ") for each arm"),
    };

    private static Command Verb(string format, string description)
    {
        var ledger = new LedgerOptions();
        var sweep = new Argument<string>("SWEEP") { Description = "Its name, its id or the beginning of its id" };
        var folder = new Argument<string>("DIR") { Description = "A new folder; it appears whole or not at all" };
        var organization = new Option<string>("--organization")
        {
            Description = "Who ran the sweep",
            DefaultValueFactory = _ => "unknown",
        };
        var command = new Command(format, description) { sweep, folder };
        var best = new Option<int>("--best")
        {
            Description = "This many images of each chain, those that its selector likes best, instead of the one that it shows",
            DefaultValueFactory = _ => 1,
            CustomParser = result => NumberArgument.AtLeast(result, 1),
        };
        if (format == EveryEvalEver.Format)
        {
            command.Add(organization);
        }
        else if (format == ArmInput.GenEval)
        {
            command.Add(best);
        }

        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var session = await ledger.OpenExistingAsync(
                parsed, cancellation, images: format == ArmInput.Csv ? ImageUse.None : ImageUse.Read);
            var row = await session.Sweeps.FindAsync(parsed.GetRequiredValue(sweep), cancellation);
            var export = await SweepExport.LoadAsync(session, row, cancellation);
            var path = parsed.GetRequiredValue(folder);
            try
            {
                if (format == EveryEvalEver.Format)
                {
                    ExportWriter.WriteRecords(export, parsed.GetRequiredValue(organization), DateTimeOffset.UtcNow, path);
                }
                else
                {
                    await ExportWriter.WriteAsync(export, format, path, cancellation, format == ArmInput.GenEval ? parsed.GetValue(best) : 1);
                }
            }
            catch (InvalidDataException e)
            {
                throw new UsageException(e.Message, e);
            }

            Terminal.Say($"Sweep {row.Name} ({row.Id}) is in {path}.");
            if (export.LeftOut == 0)
            {
                return ExitCode.Done;
            }

            Terminal.Say(
                $"INCOMPLETE: {export.LeftOut} chains of the sweep are not finished, have failed, or have images without a score, and are left out.");
            return ExitCode.Incomplete;
        });
        return command;
    }
}
