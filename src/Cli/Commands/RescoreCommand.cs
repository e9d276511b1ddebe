using System.CommandLine;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner;
using ReflectDiT.Eval.Runner.Sweeps;
using ReflectDiT.Eval.Silo.Telemetry;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit rescore SWEEP SWEEP.yaml --as NAME</c>: scores a sweep's images once more, and draws nothing.</summary>
internal static class RescoreCommand
{
    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var sweep = new Argument<string>("SWEEP") { Description = "Its name, its id or the beginning of its id" };
        var file = new Argument<string>("SWEEP.yaml")
        {
            Description = "A sweep file with the same benchmark, such as the sweep's own: its scorer and the scorer's model are used",
        };
        var name = new Option<string>("--as")
        {
            Description = "What the scorer is called, for --scorer of report, compare and curve",
            Required = true,
        };
        var set = new Option<string[]>("--set")
        {
            Description = "Change a value of the file, such as scorer.threshold=0.4; may be repeated",
            DefaultValueFactory = _ => [],
        };
        var concurrency = new Option<int>("--concurrency")
        {
            Description = "Images scored at once",
            DefaultValueFactory = _ => WorkerCommand.DefaultSlots,
            CustomParser = result => NumberArgument.Between(result, 1, WorkerCommand.MostSlots),
        };
        var detach = new Option<bool>("--detach") { Description = "Leave the work to the workers of the ledger" };
        var command = new Command("rescore", "Score a sweep's images with other thresholds or another model; nothing is drawn")
        {
            sweep, file, name, set, concurrency, detach, ConsoleLog.Format,
        };
        command.Validators.Add(r =>
        {
            if (r.GetValue(detach) && r.GetResult(concurrency) is { Implicit: false })
                r.AddError("--concurrency cannot be given with --detach: the workers of the ledger do it");
        });
        ledger.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using var log = new ConsoleLog(parsed, LogLevel.Warning);
            using var stop = new StopSignals(log);
            var path = parsed.GetRequiredValue(file);
            var definition = RunCommand.Read(path, parsed.GetRequiredValue(set));
            var called = parsed.GetRequiredValue(name);
            if (SweepName.From(called) != called || called == ScoringStore.Own)
            {
                throw new UsageException($"--as {called}: expected letters, digits, '-', '_' and '.', a letter or digit first, and not "
                    + $"'{ScoringStore.Own}', which is the sweep's own scorer");
            }

            await using var session = await ledger.OpenExistingAsync(
                parsed, stop.Token, log.Factory, parsed.GetValue(detach) ? ImageUse.None : ImageUse.Read);
            var row = await session.Sweeps.FindAsync(parsed.GetRequiredValue(sweep), stop.Token);
            var (scorer, models) = Scorer(definition, row, path);
            await session.Scorings.AddAsync(row.Id, called, scorer, models, stop.Token);
            await session.Scorings.RetryFailedAsync(new(row.Id), stop.Token);
            if (parsed.GetValue(detach))
            {
                log.Say("Planned: the workers of this ledger take it from here. 'reflectdit status --watch' shows how far they are.");
                return ExitCode.Done;
            }

            var progress = new RunProgress();
            using var telemetry = new TelemetryExport(progress, scraped: false);
            var setup = await SweepPlanner.SetupAsync(session, row.Id, progress.Models, new Dictionary<string, Placement>(), stop.Token);
            var options = new WorkerOptions(Slots: 0, new WorkScope(row.Id))
            {
                ScoringSlots = parsed.GetRequiredValue(concurrency),
                EndsWhenDone = true,
            };
            await new Worker(session, (_, _) => Task.FromResult(setup), options, progress).RunAsync(stop.Token);
            if (progress.Unscored.Open > 0)
            {
                log.Say($"Stopped with {progress.Unscored.Open} images to score. Run the same command again to go on.");
                return ExitCode.Incomplete;
            }

            var results = await SweepResultsQuery.LoadAsync(session, row, BenchmarkCatalog.Open, stop.Token, called);
            Terminal.Write(ReportFormat.Render(ReportCommand.Build(results, ReportCommand.Standard(results)), "text"), "text");
            return await RunCommand.ScoringFailuresAsync(session, row.Id, progress, log);
        });
        return command;
    }

    private static (PlannedScorer Scorer, IReadOnlyList<NamedModel> Models) Scorer(SweepDefinition definition, SweepRow row, string path)
    {
        var configuration = definition.Configuration;
        if (PlannedScorer.Of(configuration) is not { } scorer)
        {
            throw new UsageException($"{path} has no scorer: nothing there says how images are scored");
        }

        var planned = SweepConfiguration.FromJson(row.Configuration) with { Arms = [], Scorer = null };
        if (planned.ToJson() != (planned with { Benchmark = configuration.Benchmark }).ToJson())
        {
            throw new UsageException($"{path} is of another benchmark, or of other prompts, than sweep {row.Name}: its scorer does not "
                + "know what those images should show");
        }

        if (row.State is SweepState.Paused or SweepState.Cancelled)
        {
            throw new UsageException($"Sweep {row.Name} is {row.State}: nothing of it is scored until 'reflectdit ctl "
                + $"{(row.State == SweepState.Paused ? "resume" : "requeue")} {row.Name}'");
        }

        var model = BenchmarkCatalog.Open(configuration.Benchmark).Scorer(configuration.Scorer!).Model.Identity;
        return (scorer, [.. definition.Models.Where(m => m.Model.Identity == model)]);
    }
}
