using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Analysis.Planning;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Networks;
using ReflectDiT.Eval.Runner;
using ReflectDiT.Eval.Runner.Sweeps;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit plan SWEEP.yaml</c>: what a sweep will take and what it can show, before it is run.</summary>
internal sealed class PlanCommand
{
    private readonly LedgerOptions _ledger = new();
    private readonly PriceOption _prices = new();

    private readonly Argument<string> _file = new("SWEEP.yaml") { Description = "The sweep, as for run" };

    private readonly Option<int?> _pilot = new("--pilot")
    {
        Description = "Run this many prompts first, in turn from each category, and predict from them; they belong to "
            + "the sweep",
        CustomParser = result => NumberArgument.AtLeast(result, 2),
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Change a value of the sweep file, such as arms.0.strategy.n=8; may be repeated",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string> _format = new("--format")
    {
        Description = string.Join(", ", ForecastFormat.Names),
        DefaultValueFactory = _ => "text",
    };

    private PlanCommand() => _format.AcceptOnlyFromAmong([.. ForecastFormat.Names]);

    public static Command Create()
    {
        var plan = new PlanCommand();
        var command = new Command("plan", "Say what a sweep will take and what it can show, before it is run")
        {
            plan._file, plan._pilot, plan._set, plan._prices.Option, plan._format,
        };
        plan._ledger.AddTo(command);
        command.SetAction((parsed, _) => plan.RunAsync(parsed));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        using var log = new ConsoleLog(parsed, LogLevel.Warning);
        using var stop = new StopSignals(log);
        var prices = _prices.Read(parsed);
        var definition = RunCommand.Read(parsed.GetRequiredValue(_file), parsed.GetRequiredValue(_set));
        SayHowJudgesAreAsked(definition);
        var sweep = SweepPlanner.Setup(definition, new ModelHost());
        if (parsed.GetValue(_pilot) is not { } pilot)
        {
            return Write(parsed, Unrun(sweep.Plan, definition.Configuration), new Dictionary<int, long>(), null, prices);
        }

        await using var session = await _ledger.OpenAsync(parsed, ImageUse.Write, stop.Token, log.Factory);
        var progress = new RunProgress();
        await session.Sweeps.PlanAsync(sweep.Plan, stop.Token);
        sweep = await SweepPlanner.SetupAsync(session, sweep.Plan.Id, progress.Models, new Dictionary<string, Placement>(), stop.Token);
        var clock = Stopwatch.StartNew();
        await new RunProgressView(progress, log).ShowAsync(new SweepRunner(session, sweep).RunAsync(
            SweepPlanner.Select(sweep.Plan.Prompts, null, pilot), WorkerCommand.DefaultSlots, progress, stop.Token));
        var seconds = clock.Elapsed.TotalSeconds;
        if (progress.Done + progress.Failed < progress.Total)
        {
            Terminal.Say("The pilot was stopped. Run the same command again to go on.");
            return ExitCode.Incomplete;
        }

        var row = await session.Sweeps.FindAsync(sweep.Plan.Id.ToString(), stop.Token);
        Write(
            parsed,
            await SweepResultsQuery.LoadAsync(session, row, BenchmarkCatalog.Open, stop.Token),
            await SweepImages.BytesAsync(session, row.Id, stop.Token),
            progress.Attempts > 0 ? seconds / progress.Attempts : null,
            prices);
        if (progress.Failed == 0)
        {
            return await RunCommand.ScoringFailuresAsync(session, row.Id, progress, log);
        }

        Terminal.Say(
            $"{progress.Failed} chains of the pilot failed, and nothing above counts them.");
        return ExitCode.Failures;
    }

    /// <summary>A tuned judge is worth its published numbers only where it is asked as it was tuned.</summary>
    private static void SayHowJudgesAreAsked(SweepDefinition definition)
    {
        var judges = definition.Configuration.Arms.Select(arm => arm.Judge.Identity).ToHashSet(StringComparer.Ordinal);
        foreach (var named in definition.Models.Where(m => m.Model.Kind == ModelConfiguration.Qwen && judges.Contains(m.Model.Identity)))
        {
            var parameters = SettingsJson.Read<QwenJudgeParameters>(named.Name, named.Model.Parameters!.Value.GetRawText());
            Terminal.Say($"Judge '{named.Name}' is asked {(parameters.AsksAsPublished()
                ? "in the published words"
                : "in other words than the released judge was tuned with: see docs/reproduce.md")}.");
        }
    }

    private int Write(
        ParseResult parsed,
        SweepResults results,
        IReadOnlyDictionary<int, long> imageBytes,
        double? secondsPerAttempt,
        Prices? prices)
    {
        var forecast = Forecast.Of(results, imageBytes, secondsPerAttempt, prices);
        Terminal.Write(ForecastFormat.Render(forecast, prices, parsed.GetRequiredValue(_format)), parsed.GetRequiredValue(_format));
        return ExitCode.Done;
    }

    /// <summary>The sweep before its first chain; the ledger is not asked.</summary>
    private static SweepResults Unrun(SweepPlan plan, SweepConfiguration configuration)
    {
        var benchmark = BenchmarkCatalog.Open(configuration.Benchmark);
        var scorer = configuration.Scorer is { } recorded ? ScorerSettings.Of(benchmark.Scorer(recorded)) : null;
        return new(
            plan.Name,
            plan.Id.ToString(),
            plan.Seed,
            plan.Replicates,
            benchmark.Tables,
            [.. plan.Prompts.Select((p, i) => new SweepPrompt(i, p.Stratum, p.Text))],
            [
                .. plan.Arms.Zip(configuration.Arms, (a, c) => new ArmResults(
                    a.Name, a.Simulated, a.Published, c.Strategy, [], 0, plan.Prompts.Count * plan.Replicates)
                {
                    SelfScored = scorer?.IsJudgeOf(c) == true,
                }),
            ])
        {
            Scorer = scorer,
        };
    }
}
