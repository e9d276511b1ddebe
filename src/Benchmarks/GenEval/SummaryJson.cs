using System.Text.Encodings.Web;
using System.Text.Json;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>A summary for programs.</summary>
public static class SummaryJson
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerOptions.Default)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public static string Write(Summary summary) => JsonSerializer.Serialize(
        new
        {
            OverallTaskMean = summary.TaskMean,
            summary.ImageMean,
            summary.PromptMean,
            summary.Images,
            summary.Correct,
            summary.Prompts,
            summary.PromptsAnyCorrect,
            Tags = summary.Tags.ToDictionary(tag => tag.Tag, tag => new { tag.Correct, tag.Images, tag.Mean }),
            ImagesPerPrompt = new { summary.ImagesPerPrompt.Fewest, summary.ImagesPerPrompt.Most },
            summary.Complete,
            MissingPrompts = summary.MissingPrompts.Select(prompt => prompt.Prompt),
            summary.UnknownPrompts,
        },
        Form) + "\n";
}
