using System.Diagnostics;
using System.Globalization;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Runner;
using Spectre.Console;

namespace ReflectDiT.Eval.Cli;

/// <summary>Shows how far a run is, on standard error: a bar on a terminal, else a line now and then.</summary>
internal sealed class RunProgressView(RunProgress progress, ConsoleLog log)
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(200);

    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Shows progress until the run has ended, and awaits it.</summary>
    public async Task ShowAsync(Task run)
    {
        if (!log.IsTerminal)
        {
            while (await Task.WhenAny(run, Task.Delay(LineInterval)) != run)
            {
                log.Say(Line());
            }

            log.Say(Line());
        }
        else
        {
            await log.ShowAsync(terminal => terminal.Progress()
                .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
                .StartAsync(async view =>
                {
                    var bar = view.AddTask("starting");
                    do
                    {
                        bar.MaxValue = Math.Max(1, progress.Total);
                        bar.Value = progress.Done + progress.Failed;
                        bar.Description = Line().EscapeMarkup();
                    }
                    while (await Task.WhenAny(run, Task.Delay(BarInterval)) != run);
                    bar.Value = progress.Done + progress.Failed;
                    bar.Description = Line().EscapeMarkup();
                }));
        }

        await run;
    }

    /// <summary>"512/1106 chains, 3104 images, 151.2 images/s, ETA 0:00:21, 0 failed".</summary>
    private string Line()
    {
        if (progress.Total == 0)
        {
            return "preparing";
        }

        var ended = progress.Done + progress.Failed;
        var seconds = _clock.Elapsed.TotalSeconds;
        var chainRate = (ended - progress.EndedAtStart) / seconds;
        var eta = ended == progress.Total ? "done"
            : chainRate > 0 ? "ETA " + TimeSpan.FromSeconds(Math.Ceiling((progress.Total - ended) / chainRate)).ToString("c", CultureInfo.InvariantCulture)
            : "ETA unknown";
        var unscored = progress.Unscored.Open;
        return $"{progress.Done}/{progress.Total} chains, {progress.Attempts} images, "
            + $"{progress.Attempts / seconds:0.0} images/s, {eta}, {progress.Failed} failed{(unscored > 0 ? $", {unscored} to score" : "")}";
    }
}
