using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner;
using ReflectDiT.Eval.Runner.Sweeps;
using ReflectDiT.Eval.Silo.Telemetry;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit run SWEEP.yaml</c> and <c>reflectdit demo</c>: run a sweep, or go on with it, and report.</summary>
internal sealed class RunCommand
{
    /// <summary>So many arms have a sentence for each pair; of more, there are too many to read.</summary>
    private const int MostArmsInWords = 3;

    private readonly LedgerOptions _ledger = new();

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Change a value of the sweep file, such as arms.0.strategy.n=8; may be repeated",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<int?> _limit = new("--limit")
    {
        Description = "Run only this many prompts, taken in turn from each category",
        CustomParser = result => NumberArgument.AtLeast(result, 1),
    };

    private readonly Option<string?> _category = new("--category") { Description = "Run only the prompts of one category" };

    private readonly Option<int> _concurrency = new("--concurrency")
    {
        Description = "Chains worked on at once",
        DefaultValueFactory = _ => WorkerCommand.DefaultSlots,
        CustomParser = result => NumberArgument.Between(result, 1, WorkerCommand.MostSlots),
    };

    private readonly Option<bool> _detach = new("--detach")
    {
        Description = "Plan the sweep and leave the work to the workers of the ledger",
    };

    public static Command CreateRun()
    {
        var run = new RunCommand();
        var file = new Argument<string>("SWEEP.yaml") { Description = "What to compare; the same file again resumes" };
        var command = new Command("run", "Run a sweep, or go on with it, and report its result") { file };
        run.AddOptions(command);
        command.SetAction((parsed, _) => run.RunAsync(parsed, parsed.GetRequiredValue(file)));
        return command;
    }

    public static Command CreateDemo()
    {
        var run = new RunCommand();
        var benchmark = new Argument<string>("BENCHMARK")
        {
            Description = $"{ShapesBenchmark.Kind}: networks that come with the program, small enough for any laptop, on 60 prompts; "
                + $"{GenEvalBenchmark.Kind}: the paper's comparison on all 553 prompts, with simulated models",
            DefaultValueFactory = _ => ShapesBenchmark.Kind,
        };
        benchmark.AcceptOnlyFromAmong(ShapesBenchmark.Kind, GenEvalBenchmark.Kind);
        var full = new Option<bool>("--full") { Description = $"All {6 * ShapePrompts.TestPerCategory} prompts of {ShapesBenchmark.Kind}, not 60" };
        var command = new Command("demo", "Compare best-of-N with reflection, the paper's question: nothing to set up") { benchmark, full };
        command.Validators.Add(r =>
        {
            if (r.GetValue(full) && r.GetValue(benchmark) == GenEvalBenchmark.Kind)
                r.AddError($"--full is an option of the demo {ShapesBenchmark.Kind}: the other demo always has all prompts");
        });
        run.AddOptions(command);
        command.SetAction((parsed, _) => run.RunAsync(
            parsed, BenchmarkFiles.DemoSweep(parsed.GetRequiredValue(benchmark)),
            parsed.GetValue(full) ? [$"benchmark.per_task={ShapePrompts.TestPerCategory}"] : []));
        return command;
    }

    private void AddOptions(Command command)
    {
        foreach (var option in new Option[] { _set, _limit, _category, _concurrency, _detach, ConsoleLog.Format })
        {
            command.Add(option);
        }

        _ledger.AddTo(command);
        command.Validators.Add(r =>
        {
            foreach (var option in new Option[] { _limit, _category, _concurrency })
            {
                if (r.GetValue(_detach) && r.GetResult(option) is { Implicit: false })
                    r.AddError($"{option.Name} cannot be given with --detach: the workers of the ledger do the whole sweep");
            }
        });
    }

    /// <param name="changed">Values of the file that the command changes by itself, as <c>--set</c> has them.</param>
    private async Task<int> RunAsync(ParseResult parsed, string file, params string[] changed)
    {
        using var log = new ConsoleLog(parsed, LogLevel.Warning);
        using var stop = new StopSignals(log);
        await RefuseImportedAsync(parsed, file, stop.Token);
        var models = new ModelHost();
        var sweep = SweepPlanner.Setup(Read(file, [.. changed, .. parsed.GetRequiredValue(_set)]), models);
        var prompts = Prompts(sweep, parsed);
        log.Say($"""
            Sweep {sweep.Plan.Name} ({sweep.Plan.Id}): {prompts.Count} of {sweep.Plan.Prompts.Count} prompts, {sweep.Plan.Replicates} replicate(s)
            {string.Join('\n', sweep.Plan.Arms.Select(a =>
                $"  {a.Name}: up to {a.MaxAttempts} attempts a chain{(a.Simulated ? ", SIMULATED" : "")}{(a.Oracle ? ", ORACLE" : "")}"))}
            Ledger: {(_ledger.Database(parsed) is null ? $"private PostgreSQL server in {_ledger.Data(parsed)}" : "the database given")}; images in {_ledger.Data(parsed)}
            """);

        await using var session = await _ledger.OpenAsync(
            parsed, parsed.GetValue(_detach) ? ImageUse.None : ImageUse.Write, stop.Token, log.Factory);
        await CheckStateAsync(session, sweep.Plan.Id, log, stop.Token);
        await session.Sweeps.PlanAsync(sweep.Plan, stop.Token);
        if (parsed.GetValue(_detach))
        {
            await session.Leases.RetryFailedAsync(new(sweep.Plan.Id, prompts), stop.Token);
            await session.Scorings.RetryFailedAsync(new(sweep.Plan.Id, prompts), stop.Token);
            log.Say("Planned: the workers of this ledger take it from here. 'reflectdit status --watch' shows how far they are.");
            return ExitCode.Done;
        }

        // From the ledger: it may have scorers that the file does not know of.
        sweep = await SweepPlanner.SetupAsync(session, sweep.Plan.Id, models, new Dictionary<string, Placement>(), stop.Token);
        var progress = new RunProgress { Models = models };
        using var telemetry = new TelemetryExport(progress, scraped: false);
        var runner = new SweepRunner(session, sweep);
        await new RunProgressView(progress, log).ShowAsync(
            runner.RunAsync(prompts, parsed.GetRequiredValue(_concurrency), progress, stop.Token));
        if (progress.Done + progress.Failed < progress.Total || progress.Unscored.Open > 0)
        {
            log.Say($"Stopped with {progress.Done} of {progress.Total} chains done, {progress.Unscored.Open} images to score. "
                + "Run the same command again to go on.");
            return ExitCode.Incomplete;
        }

        var row = await session.Sweeps.FindAsync(sweep.Plan.Id.ToString(), CancellationToken.None);
        var (folder, lost) = await ImageFolder.WriteAsync(session, _ledger.Data(parsed), row, CancellationToken.None);
        var results = await SweepResultsQuery.LoadAsync(session, row, BenchmarkCatalog.Open, CancellationToken.None);
        if (prompts.Count < results.Prompts.Count)
        {
            results = results.Part(prompts, PartOptions(parsed));
        }

        Terminal.Write(ReportFormat.Render(ReportCommand.Build(results, ReportCommand.Standard(results)), "text"), "text");
        SayVerdicts(results);
        log.Say($"Images: {folder}");
        if (lost > 0)
        {
            log.Say($"{lost} images of the sweep are gone from {Path.Combine(_ledger.Data(parsed), "artifacts")}: restore them from a copy. "
                + "The results above do not need them.");
            return ExitCode.Infrastructure;
        }

        return await FailuresAsync(session, sweep, progress, log);
    }

    /// <summary>"--limit 12", "--category colors", or both.</summary>
    private string PartOptions(ParseResult parsed) => string.Join(" and ", new[]
    {
        parsed.GetValue(_limit) is { } limit ? $"{_limit.Name} {limit}" : null,
        parsed.GetValue(_category) is { } category ? $"{_category.Name} {category}" : null,
    }.OfType<string>());

    /// <summary>Of each two arms, if they can be compared.</summary>
    private static void SayVerdicts(SweepResults results)
    {
        if (results.Scorer is null || results.Arms.Count is < 2 or > MostArmsInWords)
            return;
        var whole = new ComparisonPoint.Whole();
        var pairs = ArmsComparison.PairsOf(results, baseline: null).Where(pair => Concern.Of(pair.First, pair.Second, whole).Count == 0).ToList();
        if (pairs.Count == 0)
            return;
        var comparison = ArmsComparison.Of(pairs, Metric.MeanOverPrompts, whole);
        Terminal.Write(string.Concat(comparison.Pairs.Select(pair => $"Verdict: {VerdictText.Of(pair.Comparison)}.\n")), "text");
        Terminal.Say($"Next: 'reflectdit compare {results.Sweep}' tests the pairs together, 'reflectdit curve {results.Sweep}' shows shares over N, "
            + "'reflectdit dashboard' every attempt.");
    }

    private IReadOnlyList<int> Prompts(SweepSetup sweep, ParseResult parsed)
    {
        var category = parsed.GetValue(_category);
        var known = sweep.Plan.Prompts.Select(p => p.Stratum).Distinct().ToList();
        return category is null || known.Contains(category)
            ? SweepPlanner.Select(sweep.Plan.Prompts, category, parsed.GetValue(_limit))
            : throw new UsageException($"--category: there is no '{category}'; known: {string.Join(", ", known)}");
    }

    /// <summary>A sweep that was cancelled is not begun again by chance; one that is paused goes on when it is resumed.</summary>
    private static async Task CheckStateAsync(
        LedgerSession session, Guid sweep, ConsoleLog log, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        if (await ledger.Sweeps.SingleOrDefaultAsync(s => s.Id == sweep, cancellation) is not { } row)
        {
            return;
        }

        if (row.State == SweepState.Cancelled)
        {
            throw new UsageException(
                $"Sweep {row.Name} ({row.Id}) is cancelled; 'reflectdit ctl requeue {row.Name}' goes on with it, "
                + "and this command after that.");
        }

        if (row.State == SweepState.Paused)
        {
            log.Say($"Sweep {row.Name} ({row.Id}) is paused: nothing is drawn until 'reflectdit ctl resume {row.Name}'.");
        }
    }

    private static async Task<int> FailuresAsync(
        LedgerSession session, SweepSetup sweep, RunProgress progress, ConsoleLog log)
    {
        var unscored = await ScoringFailuresAsync(session, sweep.Plan.Id, progress, log);
        if (progress.Failed == 0)
        {
            return unscored;
        }

        var tolerated = sweep.Calls.ToleratedFailures * progress.Total;
        log.Say($"{progress.Failed} of {progress.Total} chains failed ({tolerated:0.##} tolerated); "
            + "run the same command again to retry them. The first:");
        foreach (var reason in await SweepStatus.FailuresAsync(session, sweep.Plan.Id, 5, CancellationToken.None))
        {
            log.Say($"  {reason}");
        }

        return progress.Failed > tolerated ? ExitCode.Failures : unscored;
    }

    /// <summary>Says which images could not be scored: none is tolerated, as their chains count for nothing without.</summary>
    internal static async Task<int> ScoringFailuresAsync(LedgerSession session, Guid sweep, RunProgress progress, ConsoleLog log)
    {
        if (progress.Unscored.Failed == 0)
        {
            return ExitCode.Done;
        }

        log.Say($"{progress.Unscored.Failed} images could not be scored, and their chains are left out of the results; run the same "
            + "command again to retry them. The first:");
        foreach (var reason in await session.Scorings.FailuresAsync(sweep, 5, CancellationToken.None))
        {
            log.Say($"  {reason}");
        }

        return ExitCode.Failures;
    }

    /// <summary>A name instead of a file: an imported sweep has none, and nothing of it can be drawn.</summary>
    private async Task RefuseImportedAsync(ParseResult parsed, string file, CancellationToken cancellation)
    {
        if (Path.Exists(file))
        {
            return;
        }

        try
        {
            await using var session = await _ledger.OpenExistingAsync(parsed, cancellation);
            await using var ledger = new LedgerContext(session.Source);
            var name = PlainName.Of(file);
            if (!await ledger.Sweeps.AnyAsync(s => s.Name == name && s.State == SweepState.Imported, cancellation))
            {
                return;
            }


            throw new UsageException($"Sweep {file} was imported: it was run elsewhere, and nothing of it can be drawn here. "
                + $"'reflectdit report {file}' shows its results.");
        }
        catch (NoLedgerException)
        {
            // Then nothing was imported.
        }
    }

    /// <exception cref="UsageException">Something in the file or the assignments is wrong.</exception>
    internal static SweepDefinition Read(string file, string[] overrides)
    {
        try
        {
            var sweep = SweepFile.Read(file, overrides);
            var published = BenchmarkCatalog.Open(sweep.Configuration.Benchmark).Tables.Published;
            foreach (var arm in sweep.Configuration.Arms)
            {
                published.Arm(arm.Published);
            }

            return sweep;
        }
        catch (SweepFileException e)
        {
            throw new UsageException(e.Message, e);
        }
        catch (FormatException e)
        {
            throw new UsageException($"{file}: {e.Message}", e);
        }
    }
}
