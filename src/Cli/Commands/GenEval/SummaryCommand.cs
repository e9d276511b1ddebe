using System.CommandLine;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Cli.Commands.GenEval;

/// <summary><c>reflectdit summary</c>: the published summary of a results file, and what it leaves unsaid.</summary>
internal static class SummaryCommand
{
    public static Command Create()
    {
        var results = new Argument<string>("RESULTS.jsonl")
        {
            Description = "Results as GenEval's scorer writes them, one line an image; may end in .gz; "
                + "- is standard input",
        };
        var format = new Option<string>("--format")
        {
            Description = "text: the published summary to the character, our own notes on standard error; "
                + "json: everything on standard output",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "json");
        var command = new Command("summary", "Sum up GenEval results: per category, over tasks and over prompts")
        {
            results, format,
        };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(results), parsed.GetRequiredValue(format)));
        return command;
    }

    private static int Run(string path, string format)
    {
        var summary = Summarise(path);
        if (format == "json")
        {
            OutputFile.Write("-", SummaryJson.Write(summary));
        }
        else
        {
            OutputFile.Write("-", VisibleText.Lines(SummaryText.Published(summary)));
            Terminal.Say(SummaryText.Notes(summary).TrimEnd('\n'));
        }

        return summary.Complete ? ExitCode.Done : ExitCode.Incomplete;
    }

    private static Summary Summarise(string path)
    {
        var results = new List<ImageResult>();
        var number = 0;
        try
        {
            foreach (var line in InputFile.Lines(path))
            {
                number++;
                // The published scorer writes one empty line where it had no image.
                if (!string.IsNullOrWhiteSpace(line))
                    results.Add(ImageResult.Parse(line));
            }
        }
        catch (InvalidDataException e)
        {
            throw new UsageException($"{InputFile.Name(path)}:{number}: {e.Message}", e);
        }

        return results.Count > 0
            ? Summary.Of(results)
            : throw new UsageException(
                $"{InputFile.Name(path)}: no results; expected one line an image, as GenEval's scorer writes them");
    }
}
