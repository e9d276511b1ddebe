using System.Text.Json;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Benchmarks.Tests.GenEval;

public sealed partial class SummaryTests
{
    [Fact]
    public void All_40_published_texts_are_equal_to_the_character()
    {
        var cases = 0;
        foreach (var line in OracleData.Lines("summary-cases.jsonl.gz"))
        {
            cases++;
            var json = JsonDocument.Parse(line).RootElement;
            var summary = Summary.Of(Results(json.GetProperty("rows").GetString()!));

            Assert.Equal(json.GetProperty("expected_stdout").GetString(), SummaryText.Published(summary));
            var expected = json.GetProperty("expected");
            Assert.Equal(expected.GetProperty("overall_task_mean").GetDouble(), summary.TaskMean);
            Assert.Equal(expected.GetProperty("image_mean").GetDouble(), summary.ImageMean);
            Assert.Equal(json.GetProperty("kind").GetString() == "full", summary.Complete);
        }

        Assert.Equal(40, cases);
    }

    /// <summary>The example of Reflect-DiT: 446 of 553 prompts, 0.81293 over tasks.</summary>
    [Fact]
    public void The_two_meanings_of_overall_differ_as_in_the_paper()
    {
        int[] correct = [78, 95, 64, 83, 66, 60];
        var results = PromptSet.Published.GroupBy(prompt => prompt.Tag)
            .Zip(correct, (tag, passes) => tag.Select((prompt, i) => Result(prompt, i < passes)))
            .SelectMany(tag => tag)
            .ToList();

        var summary = Summary.Of(results);

        Assert.Equal(446.0 / 553, summary.PromptMean, 12);
        Assert.Equal("0.81293", summary.TaskMean.ToString("F5"));
        Assert.True(summary.Complete);
        Assert.Contains("complete: the 553 GenEval prompts", SummaryText.Notes(summary));
    }

    [Fact]
    public void Prompt_mean_weighs_prompts_equally_however_many_images_they_have()
    {
        var (a, b) = (PromptSet.Published[0], PromptSet.Published[1]);

        var summary = Summary.Of([Result(a, true), Result(b, false), Result(b, false), Result(b, false)]);

        Assert.Equal(0.5, summary.PromptMean);
        Assert.Equal(0.25, summary.ImageMean);
        Assert.Contains("between 1 and 3 images a prompt", SummaryText.Notes(summary));
    }

    [Fact]
    public void A_run_that_lacks_one_prompt_is_not_called_complete()
    {
        var summary = Summary.Of([.. PromptSet.Published.Skip(1).Select(prompt => Result(prompt, true))]);

        Assert.False(summary.Complete);
        Assert.Equal([PromptSet.Published[0]], summary.MissingPrompts);
        Assert.Contains("NOT COMPLETE", SummaryText.Notes(summary));
        Assert.Contains(PromptSet.Published[0].Prompt, SummaryText.Notes(summary));
        using var json = JsonDocument.Parse(SummaryJson.Write(summary));
        Assert.Equal(
            PromptSet.Published[0].Prompt, json.RootElement.GetProperty("missing_prompts")[0].GetString());
        Assert.False(json.RootElement.GetProperty("complete").GetBoolean());
    }

    [Fact]
    public void Prompts_of_another_seed_do_not_make_a_complete_run()
    {
        var results = PromptSet.Published.Concat(PromptSet.Generate(44, 100)).DistinctBy(prompt => prompt.Prompt)
            .Select(prompt => Result(prompt, true));

        var summary = Summary.Of([.. results]);

        Assert.Empty(summary.MissingPrompts);
        Assert.False(summary.Complete);
        Assert.Contains("prompts not of GenEval", SummaryText.Notes(summary));
    }

    [Fact]
    public void No_results_are_refused() => Assert.Throws<InvalidDataException>(() => Summary.Of([]));

    private static List<ImageResult> Results(string rows) =>
    [
        .. Row().Matches(rows).Select(row =>
            Result(PromptSet.Published[int.Parse(row.Groups["prompt"].ValueSpan)], row.Groups["mark"].Value == "+")),
    ];

    private static ImageResult Result(PromptMetadata prompt, bool correct) =>
        new(prompt.Tag, prompt.Prompt, MetadataJson.Write(prompt), correct);

    [GeneratedRegex(@"(?<prompt>\d+)(?<mark>[+-])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
