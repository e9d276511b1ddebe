using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit status</c>: the sweeps of the ledger, how far they are, and who works on them.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(2);

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    /// <param name="Spent">Null where it was not asked for.</param>
    private sealed record Snapshot(
        IReadOnlyList<SweepStatus> Sweeps, IReadOnlyList<WorkerStatus> Workers, IReadOnlyList<SweepSpent>? Spent, Orphans? Orphans);

    private static Snapshot Nothing { get; } = new([], [], null, null);

    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var format = new Option<string>("--format") { Description = "text or json", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var watch = new Option<bool>("--watch") { Description = "Show it again every two seconds, with rates, until Ctrl-C" };
        var detail = new Option<bool>("--detail")
        {
            Description = "Also show what each sweep has spent, shared drawings counted once, and what nothing refers to any more",
        };
        var command = new Command("status", "Show the sweeps of the ledger, how far they are, and who works on them")
        {
            format, watch, detail,
        };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!parsed.GetValue(watch))
            {
                await ShowAsync(parsed, cancellation);
                return ExitCode.Done;
            }

            // To watch is done when the watcher has seen enough.
            using var enough = new CancellationTokenSource();
            using var signal = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
            {
                context.Cancel = true;
                enough.Cancel();
            });
            try
            {
                await ShowAsync(parsed, enough.Token);
            }
            catch (OperationCanceledException) when (enough.IsCancellationRequested)
            {
                // Ctrl-C
            }

            return ExitCode.Done;
        });
        return command;

        async Task ShowAsync(ParseResult parsed, CancellationToken cancellation)
        {
            await using var session = await OpenAsync(parsed, cancellation);
            var form = parsed.GetRequiredValue(format);
            var now = session is null ? Nothing : await TakeAsync(session, parsed.GetValue(detail), cancellation);
            Terminal.Write(form == "json" ? JsonSerializer.Serialize(now, Json) + "\n" : Text(now, null), form);
            while (session is not null && parsed.GetValue(watch))
            {
                await Task.Delay(WatchInterval, cancellation);
                var before = now;
                now = await TakeAsync(session, parsed.GetValue(detail), cancellation);
                Terminal.Write(form == "json" ? JsonSerializer.Serialize(now, Json) + "\n" : "\n" + Text(now, before), form);
            }
        }

        // Who watches waits for a ledger; who looks is told that there is none.
        async Task<LedgerSession?> OpenAsync(ParseResult parsed, CancellationToken cancellation)
        {
            while (true)
            {
                try
                {
                    return await ledger.OpenExistingAsync(
                        parsed, cancellation, images: parsed.GetValue(detail) ? ImageUse.Read : ImageUse.None);
                }
                catch (NoLedgerException) when (!parsed.GetValue(watch))
                {
                    return null;
                }
                catch (NoLedgerException)
                {
                    await Task.Delay(WatchInterval, cancellation);
                }
            }
        }
    }

    private static async Task<Snapshot> TakeAsync(LedgerSession session, bool detail, CancellationToken cancellation) => new(
        await SweepStatus.AllAsync(session, cancellation),
        await SweepStatus.WorkersAsync(session, cancellation),
        detail ? await FactUse.SpentAsync(session, cancellation) : null,
        detail ? await FactUse.OrphansAsync(session, cancellation) : null);

    private static string Text(Snapshot now, Snapshot? before)
    {
        if (now.Sweeps.Count == 0)
        {
            return "The ledger holds no sweeps yet: start one with 'reflectdit demo' or 'reflectdit run SWEEP.yaml'.\n";
        }

        var text = new StringBuilder();
        foreach (var sweep in now.Sweeps)
        {
            text.Append($"{sweep.Name}  {sweep.Id.ToString()[..8]}  {sweep.Phase}  since {sweep.CreatedAt:yyyy-MM-dd HH:mm} UTC  ")
                .Append($"{sweep.Done}/{sweep.Chains} chains done, {sweep.Failed} failed, {sweep.Leased} leased, {sweep.Attempts} images")
                .Append(Scores(sweep))
                .Append(Rates(sweep, before?.Sweeps.FirstOrDefault(s => s.Id == sweep.Id)))
                .Append('\n');
            if (now.Spent?.FirstOrDefault(s => s.Sweep == sweep.Id) is { } spent)
            {
                text.Append($"  {spent.Drawings} different drawings (drawn {spent.Drawn} times), {spent.Judgements} judgements (judged {spent.Judged} times); ")
                    .Append(CultureInfo.InvariantCulture, $"device seconds: {spent.BookedSeconds:0.#} booked, {spent.SpentSeconds:0.#} spent")
                    .Append(CultureInfo.InvariantCulture, $"{(spent.Price is { } price ? string.Create(CultureInfo.InvariantCulture, $"; servers took {price:0.####}") : "")}\n");
            }
        }

        foreach (var worker in now.Workers)
        {
            text.Append($"worker {worker.Number}  {worker.Host}, process {worker.Process}  {worker.Chains}/{worker.Slots} slots, ")
                .Append($"since {worker.StartedAt:yyyy-MM-dd HH:mm} UTC, seen {worker.SeenAt:HH:mm:ss}")
                .Append(worker.Report is { } report ? Text(report) : "")
                .Append('\n');
        }

        if (now.Orphans is { } orphans)
        {
            text.Append($"Nothing refers to {orphans.Drawings} drawings, {orphans.Judgements} judgements and {orphans.Artifacts.Count} files")
                .Append(orphans.Any ? ": 'reflectdit db prune' removes them.\n" : ".\n");
        }

        return text.ToString();
    }

    /// <summary>A sweep is drawn when its chains have ended, and complete when its scores are in.</summary>
    private static string Scores(SweepStatus sweep) => sweep.Complete ? ", complete"
        : (sweep.Drawn ? ", drawn" : "")
            + (sweep.Unscored > 0 ? $", {sweep.Unscored} to score" : "")
            + (sweep.ScoringFailed > 0 ? $", {sweep.ScoringFailed} could not be scored" : "");

    private static string Text(WorkerReport report) =>
        (report.DrawingsScoring > 0 ? $", scores {report.DrawingsScoring}" : "") + $", version {report.Version}, {report.WorkingSetBytes >> 20} MiB"
        + (report.Models.Count > 0 ? $", models: {string.Join("; ", report.Models)}" : "")
        + string.Concat(report.Parked.Select(p => $", parked {p.Sweep.ToString()[..8]}: {p.Reason}"));

    /// <summary>From the change since the last look.</summary>
    private static string Rates(SweepStatus now, SweepStatus? before)
    {
        if (before is null || now.Open == 0)
        {
            return "";
        }

        var chains = (before.Open - now.Open) / WatchInterval.TotalSeconds;
        var images = (now.Attempts - before.Attempts) / WatchInterval.TotalSeconds;
        var eta = chains > 0
            ? TimeSpan.FromSeconds(Math.Ceiling(now.Open / chains)).ToString("c", CultureInfo.InvariantCulture)
            : "unknown";
        return $", {images:0.0} images/s, ETA {eta}";
    }
}
