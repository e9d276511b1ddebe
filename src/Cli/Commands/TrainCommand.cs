using System.CommandLine;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Training;
using ReflectDiT.Eval.Training.Shapes;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit train shapes [STAGE]</c>: trains the networks of the world of shapes.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var stage = new Argument<string?>("STAGE")
        {
            Description = $"One of {string.Join(", ", ShapesTraining.Stages)}; all of them in this order where none is named",
            Arity = ArgumentArity.ZeroOrOne,
        };
        stage.AcceptOnlyFromAmong([.. ShapesTraining.Stages]);
        var folder = new Option<string>("--folder")
        {
            Description = "Where weights, checkpoints and logs are: what was begun there goes on",
            DefaultValueFactory = _ => Path.Combine(".reflectdit", "training", "shapes"),
        };
        var minutes = new Option<double?>("--minutes")
        {
            Description = "For a trial: stop each stage after so long, with a checkpoint",
            CustomParser = result => NumberArgument.AtLeast(result, 0.0),
        };
        var steps = new Option<int?>("--steps")
        {
            Description = "Train so many steps in the place of a stage's own number (of samples: prompts)",
            CustomParser = result => NumberArgument.AtLeast(result, 1),
        };
        var seed = new Option<long>("--seed") { Description = "Seed of all that is drawn at random", DefaultValueFactory = _ => 17 };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads; the same seed and number of threads give the same weights",
            DefaultValueFactory = _ => Environment.ProcessorCount,
            CustomParser = result => NumberArgument.AtLeast(result, 1),
        };
        var shapes = new Command("shapes", "Train the networks of the benchmark shapes, stage by stage")
        {
            stage, folder, minutes, steps, seed, threads, ConsoleLog.Format,
        };
        shapes.SetAction(parsed =>
        {
            using var log = new ConsoleLog(parsed, LogLevel.Warning);
            using var stop = new StopSignals(log);
            var time = parsed.GetValue(minutes) is { } length ? TimeSpan.FromMinutes(length) : (TimeSpan?)null;
            var options = new ShapesTrainingOptions(parsed.GetValue(seed), parsed.GetValue(threads), time, parsed.GetValue(steps));
            IEnumerable<string> stages = parsed.GetValue(stage) is { } one ? [one] : ShapesTraining.Stages;
            return Run(stages, new ShapesFolder(parsed.GetRequiredValue(folder)), options, log, stop.Token);
        });
        return new Command("train", "Train small networks on this machine") { shapes };
    }

    private static int Run(
        IEnumerable<string> stages, ShapesFolder folder, ShapesTrainingOptions options, ConsoleLog log, CancellationToken stop)
    {
        try
        {
            foreach (var stage in stages)
            {
                var result = ShapesTraining.Run(stage, folder, options, log.Say, stop);
                Console.WriteLine(result.IsDone ? $"{stage}: done" : $"{stage}: stopped at {result.Step}; the same command goes on");
                if (stop.IsCancellationRequested)
                    return ExitCode.Incomplete;
            }

            return ExitCode.Done;
        }
        catch (Exception e) when (e is CheckpointException or InvalidDataException or TrainingDivergedException)
        {
            throw new UsageException(e.Message, e);
        }
    }
}
