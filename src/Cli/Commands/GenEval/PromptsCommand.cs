using System.CommandLine;
using System.Globalization;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Cli.Commands.GenEval;

/// <summary><c>reflectdit prompts</c>: writes a benchmark's prompts as GenEval's two files.</summary>
internal static class PromptsCommand
{
    public static Command Create()
    {
        var benchmark = BenchmarkOption.Create();
        var set = new Option<string?>("--set")
        {
            Description = $"Of shapes: {string.Join(", ", ShapesBenchmark.Sets)}; the first by default",
        };
        set.AcceptOnlyFromAmong([.. ShapesBenchmark.Sets]);
        var seed = new Option<UInt128>("--seed")
        {
            Description = "Seed of the prompt set, 0 to 2^128 - 1; the published sets have 43",
            DefaultValueFactory = _ => PromptSet.PublishedSeed,
            CustomParser = result =>
            {
                var text = result.Tokens.Single().Value;
                if (!UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                    result.AddError($"--seed {text}: expected a whole number from 0 to 2^128 - 1 ({UInt128.MaxValue})");
                return value;
            },
        };
        var perTask = new Option<int?>("--per-task")
        {
            Description = $"GenEval: {PromptSet.PerTaskHelp}. Shapes: the first so many of each category; all by default",
            CustomParser = result =>
            {
                var text = result.Tokens.Single().Value;
                if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                    || value > PromptSet.MostPerTask)
                    result.AddError($"--per-task {text}: expected a whole number from 0 to {PromptSet.MostPerTask}");
                return value;
            },
        };
        var folder = new Option<string>("--out")
        {
            Description = "Folder for evaluation_metadata.jsonl and generation_prompts.txt; made where it is missing",
            Required = true,
        };
        var command = new Command("prompts", "Write a benchmark's prompts as GenEval's two files, its own byte for byte as the published script does")
        {
            benchmark, set, seed, perTask, folder,
        };
        command.SetAction(parsed => Run(
            Opened(parsed.GetRequiredValue(benchmark), parsed.GetValue(set), parsed.GetValue(seed), parsed.GetValue(perTask)),
            parsed.GetRequiredValue(folder)));
        return command;
    }

    private static IBenchmark Opened(string benchmark, string? set, UInt128 seed, int? perTask)
    {
        if (benchmark == ShapesBenchmark.Kind)
        {
            var of = set is null ? ShapeSet.Test : Enum.Parse<ShapeSet>(set, ignoreCase: true);
            return BenchmarkCatalog.Open(ShapesBenchmark.Configuration(seed, of, perTask));
        }

        return set is null
            ? BenchmarkCatalog.Open(GenEvalBenchmark.Configuration(seed, perTask ?? PromptSet.PublishedPerTask))
            : throw new UsageException($"--set {set}: {benchmark} has one set; expected --benchmark {ShapesBenchmark.Kind} beside it");
    }

    private static int Run(IBenchmark benchmark, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"cannot make the folder {folder}: {SystemFault.Of(e)}", e);
        }

        OutputFile.Write(Path.Combine(folder, "evaluation_metadata.jsonl"), Lines(benchmark.Prompts.Select(p => p.Metadata)));
        OutputFile.Write(Path.Combine(folder, "generation_prompts.txt"), Lines(benchmark.Prompts.Select(p => p.Text)));
        Terminal.Say($"{benchmark.Prompts.Count} prompts written to {folder}");
        return ExitCode.Done;
    }

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(l => l + "\n"));
}
