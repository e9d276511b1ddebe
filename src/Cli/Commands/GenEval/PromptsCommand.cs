using System.CommandLine;
using System.Globalization;
using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Cli.Commands.GenEval;

/// <summary><c>reflectdit prompts</c>: writes GenEval's two prompt files.</summary>
internal static class PromptsCommand
{
    public static Command Create()
    {
        var seed = new Option<UInt128>("--seed")
        {
            Description = "Seed of the prompt set, 0 to 2^128 - 1; the published set has 43",
            DefaultValueFactory = _ => PromptSet.PublishedSeed,
            CustomParser = result =>
            {
                var text = result.Tokens.Single().Value;
                if (!UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                    result.AddError($"--seed {text}: expected a whole number from 0 to 2^128 - 1 ({UInt128.MaxValue})");
                return value;
            },
        };
        var perTask = new Option<int>("--per-task")
        {
            Description = PromptSet.PerTaskHelp,
            DefaultValueFactory = _ => PromptSet.PublishedPerTask,
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
        var command = new Command("prompts", "Write GenEval's prompt files, byte for byte as the published script does")
        {
            seed, perTask, folder,
        };
        command.SetAction(parsed =>
            Run(parsed.GetValue(seed), parsed.GetValue(perTask), parsed.GetRequiredValue(folder)));
        return command;
    }

    private static int Run(UInt128 seed, int perTask, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"cannot make the folder {folder}: {e.Message}", e);
        }

        var prompts = PromptSet.Generate(seed, perTask);
        OutputFile.Write(Path.Combine(folder, "evaluation_metadata.jsonl"), PromptSet.MetadataFile(prompts));
        OutputFile.Write(Path.Combine(folder, "generation_prompts.txt"), PromptSet.PromptFile(prompts));
        Terminal.Say($"{prompts.Count} prompts written to {folder}");
        return ExitCode.Done;
    }
}
