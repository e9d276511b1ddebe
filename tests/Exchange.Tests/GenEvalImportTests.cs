using System.IO.Compression;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Exchange.Tests;

public class GenEvalImportTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Whole_results_give_the_published_mean_over_tasks_and_each_image_is_a_replicate()
    {
        await using var import = await TestImport.CreateAsync(server);
        var cases = SummaryCases().Where(c => c.GetProperty("kind").GetString() == "full").Take(2).ToList();
        Assert.Equal(2, cases.Count);
        foreach (var (index, summary) in cases.Index())
        {
            var file = import.At($"results-{index}.jsonl");
            await File.WriteAllTextAsync(file, Results(summary.GetProperty("rows").GetString()!));
            var read = import.GenEval(file);
            Assert.Empty(read.Arms[0].Findings);
            var results = await import.WriteAsync(read);
            var arm = results.Arms[0];
            Assert.Equal((4, 2212), (results.Replicates, arm.Chains.Count));
            Assert.All(arm.Chains.SelectMany(c => c.Attempts), a => Assert.Null(a.Verdict));
            var shares = PromptScores.At(arm, 553, 1);
            var overall = results.Prompts.GroupBy(p => p.Stratum).Average(g => g.Average(p => shares[p.Index]!.Value));
            Assert.Equal(summary.GetProperty("expected").GetProperty("overall_task_mean").GetDouble(), overall, 12);
        }
    }

    [Fact]
    public async Task Numbers_of_images_come_from_their_names_and_what_is_odd_is_said()
    {
        await using var import = await TestImport.CreateAsync(server);
        var folder = Directory.CreateDirectory(import.At("scored")).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "00000/samples"));
        await File.WriteAllTextAsync(Path.Combine(folder, "00000/samples/0003.jpg"), "passed over");
        var lines = Enumerable.Range(0, 553)
            .SelectMany(p => Enumerable.Range(1, p == 9 ? 1 : 2).Select(i => Line(p, i, true))).ToList();
        lines[4] = "{\"tag\": ";
        lines.Add(Line(3, 1, false));
        await File.WriteAllTextAsync(Path.Combine(folder, "results.jsonl"), string.Join('\n', lines) + "\n\n");
        var read = import.GenEval(folder);
        Assert.Equal(
            [FindingKind.DuplicateIndex, FindingKind.MixedN, FindingKind.NoRecord, FindingKind.Unreadable],
            read.Kinds());
        Assert.StartsWith($"{folder}/results.jsonl:5: not JSON at character", read.Only(FindingKind.Unreadable),
            StringComparison.Ordinal);
        Assert.Contains("results.jsonl:1106: a second record of attempt 0, replicate 0",
            read.Only(FindingKind.DuplicateIndex), StringComparison.Ordinal);
        Assert.Contains("2 prompts have 1 of 2 images. Prompts (from 0): 2, 9", read.Only(FindingKind.MixedN),
            StringComparison.Ordinal);
        Assert.Contains("0003.jpg: the published scorer ignores", read.Only(FindingKind.NoRecord),
            StringComparison.Ordinal);
        var results = await import.WriteAsync(read);
        Assert.Equal((1104, 2), (results.Arms[0].Chains.Count, results.Arms[0].Failed));
        Assert.Equal(1, results.Arms[0].Chains.Single(c => c is { Prompt: 2 }).Replicate);
    }

    [Theory]
    [InlineData("", "nothing to import")]
    [InlineData("\n", "nothing to import")]
    [InlineData("{\"prompt\": \"a photo of a bench\", \"correct\": 0.5}\n",
        "correct: expected true or false, found 0.5")]
    [InlineData("{\"prompt\": \"a photo of a bench\"}\n", "key \"correct\" is missing")]
    public async Task An_input_without_any_result_is_refused_with_what_was_found(string text, string message)
    {
        await using var import = await TestImport.CreateAsync(server);
        await File.WriteAllTextAsync(import.At("results.jsonl"), text);
        var refusal = Assert.Throws<InvalidDataException>(() => import.GenEval(import.At("results.jsonl"))).Message;
        Assert.Contains(message, refusal, StringComparison.Ordinal);
    }

    private static IEnumerable<JsonElement> SummaryCases()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Data", "summary-cases.jsonl.gz");
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            yield return JsonElement.Parse(line);
        }
    }

    /// <param name="rows">Index of a prompt, then + or -, image after image.</param>
    private static string Results(string rows)
    {
        var (text, seen, prompt) = (new StringBuilder(), new Dictionary<int, int>(), 0);
        foreach (var c in rows)
        {
            if (char.IsAsciiDigit(c))
            {
                prompt = (10 * prompt) + c - '0';
                continue;
            }

            seen[prompt] = seen.GetValueOrDefault(prompt, -1) + 1;
            text.Append(Line(prompt, seen[prompt], c == '+')).Append('\n');
            prompt = 0;
        }

        return text.ToString();
    }

    /// <summary>As pandas writes it: compact, with escaped slashes.</summary>
    private static string Line(int index, int image, bool correct)
    {
        var prompt = PromptSet.Published[index];
        return JsonSerializer.Serialize(new
        {
            filename = $"images/{index:00000}/samples/{image:0000}.png",
            tag = prompt.Tag,
            prompt = prompt.Prompt,
            correct,
            reason = correct ? "" : "expected cat>=1, found 0",
            metadata = MetadataJson.Write(prompt),
            details = "{\"cat\": [[1.0, 2.0, 3.0, 4.0, 0.5]]}",
        }).Replace("/", "\\/", StringComparison.Ordinal);
    }
}
