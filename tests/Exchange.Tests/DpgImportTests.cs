using System.Globalization;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks.DpgBench;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Exchange.Tests;

/// <summary>What the published script of DPG-Bench writes, made from runs of it (the golden case of the scoring rules).</summary>
public sealed class DpgImportTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly string Goldens = Path.Combine(AppContext.BaseDirectory, "Goldens/dpg");

    private static readonly string Csv = File.ReadAllText(Path.Combine(Goldens, "questions.csv"));

    private static readonly BenchmarkConfiguration Benchmark = DpgBenchmark.Configuration(Csv, official: true);

    [Theory]
    [InlineData("rate-85")]
    [InlineData("two-pictures")]
    [InlineData("strings")]
    [InlineData("subset")]
    public async Task Imported_results_give_the_script_s_overall_and_with_its_answers_its_categories(string name)
    {
        await using var import = await TestImport.CreateAsync(server);
        var run = Runs().Single(r => r.GetProperty("name").GetString() == name);
        Write(run, import.At("sana_results.txt"));
        var read = Read(import.At("sana_results.txt"));
        Assert.DoesNotContain(FindingKind.Unreadable, read.Kinds());
        Assert.DoesNotContain(FindingKind.Contradiction, read.Kinds());
        var results = await import.WriteAsync(read);
        var arm = Assert.Single(results.Arms);
        Assert.Equal((run.GetProperty("pic_num").GetInt32(), "sana IMPORTED"), (results.Replicates, arm.Label));
        var overall = PromptScores.At(arm, results.Prompts.Count, 1).OfType<double>().Average();
        Assert.Equal(Number(run.GetProperty("overall")), 100 * overall, 1e-9);
        foreach (var category in run.GetProperty("l1").EnumerateObject().Concat(run.GetProperty("l2").EnumerateObject()))
        {
            var parts = arm.Parts.Where(p => p.Category == category.Name).ToList();
            Assert.Equal(Number(category.Value), 100.0 * parts.Sum(p => p.Holds) / parts.Sum(p => p.All), 1e-9);
        }
    }

    [Fact]
    public void What_cannot_be_read_is_said_and_left_out()
    {
        var folder = Directory.CreateTempSubdirectory("reflectdit-dpg-").FullName;
        try
        {
            var file = Path.Combine(folder, "r.txt");
            File.WriteAllText(file, """
                a, b/posescript1.png, 0.5, 0.5
                /x/nobody.png, 1.0, 1.0
                /x/posescript1.png, 0.5, 0.75, 0.5
                /x/posescript1.png, nan, nan
                cut off
                Model: x
                L1 category scores:
                """);
            File.WriteAllText(Path.Combine(folder, "r_detail.txt"), "a, b/posescript1.png, (0, 0, 4, 4), Is it, so?, yes\n");
            var read = DpgInput.Read(file, "arm", DpgBenchmark.ItemsOf(Benchmark));
            Assert.Equal(0.5, Assert.Single(read.Records).Score!.Value);
            Assert.Null(read.Records[0].Score!.Evidence);
            Assert.Equal(
                [(FindingKind.Contradiction, null), (FindingKind.UnknownPrompt, 2), (FindingKind.Unreadable, 3), (FindingKind.Unreadable, 4), (FindingKind.Unreadable, (int?)5)],
                read.Findings.Select(f => (f.Kind, f.Line)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static SweepImport Read(string file) =>
        SweepImport.Of("imported", Benchmark, [DpgInput.Read(file, "sana", DpgBenchmark.ItemsOf(Benchmark))], null);

    private static IEnumerable<JsonElement> Runs() =>
        File.ReadLines(Path.Combine(Goldens, "runs.jsonl")).Select(line => JsonElement.Parse(line));

    /// <summary>As the script writes them.</summary>
    private static void Write(JsonElement run, string file)
    {
        var (results, detail) = (new StringBuilder(), new StringBuilder());
        var codes = JsonElement.Parse(File.ReadAllText(Path.Combine(Goldens, "case.json"))).GetProperty("arguments").GetProperty("answer_codes");
        var items = DpgQuestions.Read(Csv, dropFirstRow: true);
        foreach (var image in run.GetProperty("per_image").EnumerateObject())
        {
            var path = $"images, of sana/{image.Name}";
            var scores = image.Value.GetProperty("scores").EnumerateArray().Append(image.Value.GetProperty("average"));
            results.Append(CultureInfo.InvariantCulture, $"{path}, {string.Join(", ", scores.Select(s => s.GetRawText()))}\n");
            foreach (var (picture, letters) in run.GetProperty("answers").GetProperty(image.Name).EnumerateArray().Index())
            {
                foreach (var (question, letter) in items[DpgFiles.ItemOf(image.Name)].Questions.Zip(letters.GetString()!))
                {
                    detail.Append(CultureInfo.InvariantCulture,
                        $"{path}, ({picture % 2 * 4}, {picture / 2 * 4}, {(picture % 2 * 4) + 4}, {(picture / 2 * 4) + 4}), {question.Text}, {codes.GetProperty($"{letter}").GetString()}\n");
                }
            }
        }

        results.Append("Model: sana\nL1 category scores:\n\tother: 86.0\nDPG-Bench score: 1\n");
        File.WriteAllText(file, results.ToString());
        File.WriteAllText(file.Replace(".txt", "_detail.txt", StringComparison.Ordinal), detail.ToString());
    }

    private static double Number(JsonElement text) => double.Parse(text.GetString()!, CultureInfo.InvariantCulture);
}
