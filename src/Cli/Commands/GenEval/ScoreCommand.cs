using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Networks;

namespace ReflectDiT.Eval.Cli.Commands.GenEval;

/// <summary><c>reflectdit score</c>: GenEval's rules on a folder of images or a file of detections, of its own objects or of shapes.</summary>
internal static class ScoreCommand
{
    /// <summary>Lines that are scored side by side before their answers are written, in order.</summary>
    private const int Batch = 4096;

    /// <summary>Characters that they have together, but for the last.</summary>
    private const int BatchSize = 16 << 20;

    public static Command Create()
    {
        var images = new Argument<string?>("IMAGES")
        {
            Description = "Folder as evaluate_images.py takes it: 00000/metadata.jsonl, 00000/samples/0000.png, ...; any image format",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var detections = new Option<string?>("--detections")
        {
            Description = "Instead of images, JSON lines: id, options, metadata, detections {class: [[x1, y1, x2, y2, score, colour], "
                + "...]}; may end in .gz; - is standard input",
        };
        var weights = new Option<string?>("--weights") { Description = "For images: folder with the detector's weights in 'detector' and 'clip'" };
        var kind = new Option<string?>("--kind")
        {
            Description = "For images: the detector; by default the benchmark's own, mask2former-clip of geneval and pixels of shapes",
        };
        kind.AcceptOnlyFromAmong(
            ModelConfiguration.Mask2Former, ModelConfiguration.Mask2FormerOfHuggingFace, ModelConfiguration.Pixels, ModelConfiguration.Simulated);
        var parameters = new Option<string?>("--parameters") { Description = "For images: the detector's settings, as in a sweep; the published ones by default" };
        var device = new Option<string>("--device") { Description = "For images: the device, as libtorch names it", DefaultValueFactory = _ => Placement.Processor };
        var answers = new Option<string>("--out")
        {
            Description = "For images: results as evaluate_images.py writes them, for summary_scores.py or 'summary'. For detections: one JSON "
                + $"line a case: {string.Join(", ", ScoreJson.Keys)}; may end in .gz; - is standard output",
            Required = true,
        };
        var benchmark = BenchmarkOption.Create();
        var command = new Command("score", "Score a folder of images, or a file of detections, by GenEval's rules")
        {
            images, detections, benchmark, weights, kind, parameters, device, answers,
        };
        command.Validators.Add(r =>
        {
            if (r.GetValue(images) is null == r.GetValue(detections) is null)
                r.AddError("score needs a folder of images or --detections, and not both");
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var output = parsed.GetRequiredValue(answers);
            var world = BenchmarkOption.World(parsed.GetRequiredValue(benchmark));
            if (parsed.GetValue(images) is not { } folder)
                return await Task.Run(() => Run(parsed.GetValue(detections)!, output, world, cancellation), cancellation);
            var model = DetectorOf(
                parsed.GetValue(kind) ?? (world == ObjectWorld.GenEval ? ModelConfiguration.Mask2Former : ModelConfiguration.Pixels),
                parsed.GetValue(parameters));
            var placement = new Placement { Path = parsed.GetValue(weights), Device = parsed.GetValue(device) };
            return await ScoreAsync(parsed, folder, world, model, placement, output);
        });
        return command;
    }

    private static async Task<int> ScoreAsync(
        ParseResult parsed, string folder, ObjectWorld world, ModelConfiguration model, Placement placement, string output)
    {
        if (!Directory.Exists(folder))
            throw new UsageException($"{folder}: there is no such folder");
        if (output == "-" || output.EndsWith(".gz", StringComparison.Ordinal))
            throw new UsageException($"--out {output}: the results of a folder go to a plain file: unfinished work is kept beside it");
        using var log = new ConsoleLog(parsed, LogLevel.Warning);
        using var stop = new StopSignals(log);
        using var host = new ModelHost();
        return await new FolderScoring(folder, output, world, host.Detector(model, placement), model, log).RunAsync(stop.Token);
    }

    private static ModelConfiguration DetectorOf(string kind, string? file)
    {
        try
        {
            return new(kind, kind switch
            {
                ModelConfiguration.Mask2Former => Settings(new Mask2FormerParameters("Mask2Former Swin-S")),
                ModelConfiguration.Mask2FormerOfHuggingFace => Settings(new HuggingFaceDetectorParameters("Mask2Former")),
                _ => null,
            });
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e is FormatException ? e.Message : $"{file} cannot be read: {SystemFault.Of(e)}", e);
        }

        JsonElement Settings<T>(T published) => JsonSerializer.SerializeToElement(
            file is null ? published : SettingsJson.Read<T>(file, File.ReadAllText(file)), SettingsJson.Form);
    }

    private static int Run(string detections, string answers, ObjectWorld world, CancellationToken cancellation)
    {
        using var output = new OutputFile(answers);
        var done = 0L;
        foreach (var lines in Batches(InputFile.Lines(detections)))
        {
            var scored = new (string? Answer, string? Fault)[lines.Count];
            Parallel.For(0, lines.Count, i => scored[i] = Score(lines[i], world));
            foreach (var (answer, fault) in scored)
            {
                done++;
                if (fault is not null)
                    throw new UsageException($"{InputFile.Name(detections)}:{done}: {fault}");
                output.Writer.WriteLine(answer);
            }

            output.Writer.Flush();
            cancellation.ThrowIfCancellationRequested();
        }

        if (done == 0)
            throw new UsageException($"{InputFile.Name(detections)}: no cases; expected one line of JSON an image");
        output.Commit();
        return ExitCode.Done;
    }

    private static IEnumerable<List<string>> Batches(IEnumerable<string> lines)
    {
        var (batch, size) = (new List<string>(), 0);
        foreach (var line in lines)
        {
            batch.Add(line);
            size += line.Length;
            if (batch.Count == Batch || size >= BatchSize)
            {
                yield return batch;
                (batch, size) = ([], 0);
            }
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private static (string? Answer, string? Fault) Score(string line, ObjectWorld world)
    {
        try
        {
            return (ScoringCase.Answer(line, world), null);
        }
        catch (InvalidDataException e)
        {
            return (null, e.Message);
        }
    }
}
