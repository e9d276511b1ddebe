using System.CommandLine;
using System.Text.Json;
using ReflectDiT.Eval.Runner;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit status</c>: the sweeps of the ledger and how far they are.</summary>
internal static class StatusCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var format = new Option<string>("--format")
        {
            Description = "text or json",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "json");
        var command = new Command("status", "Show the sweeps of the ledger and how far they are") { format };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var session = await ledger.OpenAsync(parsed, cancellation);
            var sweeps = await SweepStatus.AllAsync(session, cancellation);
            if (parsed.GetRequiredValue(format) == "json")
            {
                Console.WriteLine(JsonSerializer.Serialize(sweeps, Json));
            }
            else
            {
                Console.Write(Table(sweeps));
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static string Table(IReadOnlyList<SweepStatus> sweeps) => sweeps.Count == 0
        ? "The ledger holds no sweeps yet: start one with 'reflectdit demo' or 'reflectdit run SWEEP.yaml'.\n"
        : string.Concat(sweeps.Select(s =>
            $"{s.Name}  {s.Id.ToString()[..8]}  planned {s.CreatedAt:yyyy-MM-dd HH:mm} UTC  "
            + $"{s.Done}/{s.Chains} chains done, {s.Failed} failed, {s.Open} open, {s.Attempts} images\n"));
}
