using System.CommandLine;
using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Cli.Commands.GenEval;

/// <summary><c>reflectdit score</c>: GenEval's rules on a file of detections, of its own objects or of shapes.</summary>
internal static class ScoreCommand
{
    /// <summary>Lines that are scored side by side before their answers are written, in order.</summary>
    private const int Batch = 4096;

    /// <summary>Characters that they have together, but for the last.</summary>
    private const int BatchSize = 16 << 20;

    public static Command Create()
    {
        var detections = new Option<string>("--detections")
        {
            Description = "JSON lines: id, options, metadata, detections {class: [[x1, y1, x2, y2, score, colour], "
                + "...]}; may end in .gz; - is standard input",
            Required = true,
        };
        var answers = new Option<string>("--out")
        {
            Description = $"One JSON line a case: {string.Join(", ", ScoreJson.Keys)}; may end in .gz; - is standard output",
            Required = true,
        };
        var benchmark = BenchmarkOption.Create();
        var command = new Command("score", "Score detections by GenEval's rules") { detections, answers, benchmark };
        command.SetAction((parsed, cancellation) => Task.Run(
            () => Run(
                parsed.GetRequiredValue(detections),
                parsed.GetRequiredValue(answers),
                BenchmarkOption.World(parsed.GetRequiredValue(benchmark)),
                cancellation),
            cancellation));
        return command;
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
