using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Cli.Tests;

public sealed class SummaryCommandTests
{
    [Fact]
    public async Task Text_is_the_published_summary_and_nothing_else_on_standard_output()
    {
        using var folder = new TemporaryFolder();
        using var given = Case("subset");
        var results = folder.Write("results.jsonl", Results(given.RootElement));

        var run = await CliProcess.RunAsync("summary", results);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(given.RootElement.GetProperty("expected_stdout").GetString(), run.Out);
        Assert.Contains("NOT COMPLETE", run.Error);
        Assert.Contains("overall over prompts:", run.Error);
    }

    [Fact]
    public async Task Json_holds_both_overalls_the_counts_and_the_missing_prompts()
    {
        using var given = Case("subset");
        var results = Results(given.RootElement);

        var run = await CliProcess.RunWithInputAsync(results, "summary", "-", "--format", "json");

        Assert.Equal((2, ""), (run.ExitCode, run.Error));
        using var json = JsonDocument.Parse(run.Out);
        var expected = given.RootElement.GetProperty("expected");
        Assert.Equal(Number(expected, "overall_task_mean"), Number(json.RootElement, "overall_task_mean"));
        Assert.Equal(Number(expected, "image_mean"), Number(json.RootElement, "image_mean"));
        Assert.InRange(Number(json.RootElement, "prompt_mean"), 0, 1);
        Assert.Equal(
            expected.GetProperty("tasks").EnumerateArray()
                .Select(task => (task[0].GetString()!, task[1].GetInt32(), task[2].GetInt32())),
            json.RootElement.GetProperty("tags").EnumerateObject().Select(tag =>
                (tag.Name, tag.Value.GetProperty("correct").GetInt32(), tag.Value.GetProperty("images").GetInt32())));
        Assert.Equal(
            553 - expected.GetProperty("prompts").GetInt32(),
            json.RootElement.GetProperty("missing_prompts").GetArrayLength());
    }

    [Fact]
    public async Task A_complete_run_is_called_complete()
    {
        using var given = Case("full");

        var run = await CliProcess.RunWithInputAsync(Results(given.RootElement), "summary", "-");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("complete: the 553 GenEval prompts, images of each: 4", run.Error);
        Assert.DoesNotContain("NOT COMPLETE", run.Error);
    }

    [Fact]
    public async Task A_bad_line_is_named_by_file_and_line()
    {
        using var folder = new TemporaryFolder();
        using var given = Case("small");
        var results = folder.Write("results.jsonl", Results(given.RootElement) + "{\"tag\": \"colors\"}\n");

        var run = await CliProcess.RunAsync("summary", results);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Equal($"reflectdit: {results}:4: key \"prompt\" is missing\n", run.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    public async Task A_file_without_results_is_refused(string text)
    {
        var run = await CliProcess.RunWithInputAsync(text, "summary", "-");

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("no results", run.Error);
    }

    private static double Number(JsonElement json, string key) => json.GetProperty(key).GetDouble();

    /// <summary>The first summary case of a kind.</summary>
    private static JsonDocument Case(string kind) => JsonDocument.Parse(
        TemporaryFolder.ReadGzip(TemporaryFolder.Data("summary-cases.jsonl.gz")).Split('\n')
            .First(line => line.Contains($"\"kind\":\"{kind}\"", StringComparison.Ordinal)));

    /// <summary>A results file as the published scorer writes it: metadata is JSON text inside a string.</summary>
    private static string Results(JsonElement given)
    {
        var text = new StringBuilder();
        var index = 0;
        foreach (var c in given.GetProperty("rows").GetString()!)
        {
            if (char.IsAsciiDigit(c))
            {
                index = (index * 10) + (c - '0');
                continue;
            }

            var prompt = PromptSet.Published[index];
            text.Append(JsonSerializer.Serialize(new
            {
                filename = $"{index:D5}/samples/0000.png",
                tag = prompt.Tag,
                prompt = prompt.Prompt,
                correct = c == '+',
                reason = "",
                metadata = MetadataJson.Write(prompt),
                details = "{}",
            })).Append('\n');
            index = 0;
        }

        return text.ToString();
    }
}
