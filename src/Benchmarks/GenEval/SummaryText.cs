using System.Text;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>A summary as text: the published form to the character, and what it leaves unsaid.</summary>
public static class SummaryText
{
    /// <summary>What the published summary script prints.</summary>
    public static string Published(Summary summary)
    {
        var text = new StringBuilder("Summary\n=======\n");
        text.Append($"Total images: {summary.Images}\n");
        text.Append($"Total prompts: {summary.Prompts}\n");
        text.Append($"% correct images: {Percent(summary.ImageMean)}\n");
        text.Append($"% correct prompts: {Percent((double)summary.PromptsAnyCorrect / summary.Prompts)}\n");
        text.Append("\nTask breakdown\n==============\n");
        foreach (var tag in summary.Tags)
            text.Append($"{tag.Tag,-16} = {Percent(tag.Mean)} ({tag.Correct} / {tag.Images})\n");
        return text.Append($"\nOverall score (avg. over tasks): {summary.TaskMean:F5}\n").ToString();
    }

    /// <summary>Both meanings of overall by name, and whether the benchmark is complete.</summary>
    public static string Notes(Summary summary)
    {
        var text = new StringBuilder();
        text.Append($"overall over tasks:   {summary.TaskMean:F5} (mean of {summary.Tags.Count} category shares)\n");
        text.Append($"overall over prompts: {summary.PromptMean:F5} (mean of {summary.Prompts} prompt shares)\n");
        text.Append($"images correct:       {summary.ImageMean:F5} ({summary.Correct} / {summary.Images})\n");
        if (summary.Complete)
        {
            return text
                .Append($"complete: the {summary.Prompts} GenEval prompts, ")
                .Append($"images of each: {summary.ImagesPerPrompt.Most}\n")
                .ToString();
        }

        text.Append("NOT COMPLETE:\n");
        if (summary.MissingPrompts.Count > 0)
        {
            var missing = $"{summary.MissingPrompts.Count} of the {PromptSet.Published.Count} GenEval prompts missing";
            AppendPrompts(text, missing, summary.MissingPrompts.Select(prompt => prompt.Prompt));
        }

        if (summary.UnknownPrompts.Count > 0)
            AppendPrompts(text, $"{summary.UnknownPrompts.Count} prompts not of GenEval", summary.UnknownPrompts);
        var (fewest, most) = summary.ImagesPerPrompt;
        if (fewest != most)
            text.Append($"  between {fewest} and {most} images a prompt; expected as many of each\n");
        return text.ToString();
    }

    /// <summary>A share as Python's <c>.2%</c> prints it (<c>P2</c> would insert a blank).</summary>
    private static string Percent(double share) => $"{share * 100:F2}%";

    private static void AppendPrompts(StringBuilder text, string what, IEnumerable<string> prompts)
    {
        const int Shown = 5;
        var first = prompts.Take(Shown + 1).Select(prompt => $"\"{prompt}\"").ToList();
        text.Append($"  {what}: {string.Join(", ", first.Take(Shown))}{(first.Count > Shown ? ", ..." : "")}\n");
    }
}
