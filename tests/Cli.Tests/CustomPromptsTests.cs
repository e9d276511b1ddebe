using System.Text.Json;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>The way of a benchmark through the program, on the second one: planned, run, reported, compared, exported.</summary>
[Collection(nameof(SmallSweeps))]
public sealed class CustomPromptsTests(SmallSweeps sweeps) : IDisposable
{
    private static readonly string Models = Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "simulated");

    /// <summary>Texts of no form that any model knows, one of them with what text and tables would trip over.</summary>
    private static readonly string[] Prompts =
        ["a fox that reads", "two, \"quoted\" | <b>owls</b>", "水彩の猫", "a map of Rome", "rain", "a red boat & a blue one"];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Prompts_judged_by_another_judge_are_planned_run_compared_and_exported()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        var sweep = Sweep(judge: "other.json");

        var plan = await ledger.RunAsync("plan", sweep);
        Assert.True(plan.ExitCode == 0, plan.Error);
        Assert.StartsWith("Plan of sweep mine (", plan.Out, StringComparison.Ordinal);

        var run = await ledger.RunAsync("run", sweep);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.StartsWith("Custom prompts: sweep mine (", run.Out, StringComparison.Ordinal);
        Assert.Contains("SIMULATED", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("SELF-SCORED", run.Out, StringComparison.Ordinal);

        var report = await RowsAsync(ledger, "mine", "table");
        Assert.Equal(
            ["animals", "mean_over_categories", "mean_over_prompts", "other"],
            report.Select(c => c.Metric).Distinct().Order(StringComparer.Ordinal));
        Assert.All(report, c => Assert.InRange(c.Value, 0.01, 0.99));
        var csv = await ledger.RunAsync("report", "mine", "--format", "csv");
        Assert.Contains("effective-wilson", csv.Out, StringComparison.Ordinal);

        var compare = await ledger.RunAsync("compare", "mine/reflection", "mine/best-of-4", "--format", "json");
        Assert.True(compare.ExitCode is 0 or 5, compare.Error);
        Assert.Contains("paired-permutation", compare.Out, StringComparison.Ordinal);

        var curve = await ledger.RunAsync("curve", "mine");
        Assert.Equal(0, curve.ExitCode);
        foreach (var layout in new[] { "curve", "judge", "chains" })
        {
            var other = await ledger.RunAsync("report", "mine", "--layout", layout);
            Assert.True(other.ExitCode == 0, other.Error);
            Assert.DoesNotMatch(@"\bcorrect\b", other.Out);
        }

        await using var back = await LedgerFolder.InAsync(sweeps.Server);
        foreach (var format in new[] { "csv", "reflect-dit" })
        {
            var export = await ledger.RunAsync("export", format, "mine", _folder.At(format));
            Assert.True(export.ExitCode == 0, export.Error);
            string[] inputs = format == "csv"
                ? [_folder.At("csv/attempts.csv")]
                : [_folder.At("reflect-dit/best-of-4"), _folder.At("reflect-dit/reflection")];
            var import = await back.RunAsync(["import", format, .. inputs, "--name", format, "--benchmark", sweep]);
            Assert.True(import.ExitCode == 0, import.Error);
            Assert.Equal(
                report.Select(c => (c.Metric, c.N, c.Value)).Order(),
                (await RowsAsync(back, format, "table")).Select(c => (c.Metric, c.N, c.Value)).Order());
        }

        var published = await ledger.RunAsync("export", "geneval", "mine", _folder.At("geneval"));
        Assert.Equal(1, published.ExitCode);
        Assert.Contains("has scores between 0 and 1", published.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scores_between_0_and_1_have_margins_looks_labels_and_bounds_for_what_is_missing()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        var sweep = Sweep(judge: "other.json");
        Assert.Equal(0, (await ledger.RunAsync("run", sweep)).ExitCode);
        Task<CliProcess> CompareAsync(params string[] options) => ledger.RunAsync(["compare", "mine/reflection", "mine/best-of-4", .. options]);

        // Scores differ by 1 at most.
        var margin = await CompareAsync("--margin", "0.999");
        Assert.Equal(0, margin.ExitCode);
        Assert.Contains("equivalent within 0.999", margin.Out, StringComparison.Ordinal);
        Assert.Equal(5, (await CompareAsync("--margin", "0.001")).ExitCode);

        var anytime = await CompareAsync("--anytime", "--format", "json");
        var ordinary = await CompareAsync("--format", "json");
        Assert.True(Width(anytime) > Width(ordinary), "An interval that holds at every look is wider than that of one look.");

        // Labels that are the scores say what the scores say.
        await ledger.RunAsync("export", "csv", "mine", _folder.At("rows"));
        var rows = CsvReader.Rows(await File.ReadAllTextAsync(_folder.At("rows/attempts.csv")), (_, fault) => new InvalidDataException(fault)).ToList();
        int At(string column) => rows[0].Fields.ToList().IndexOf(column);
        _folder.Write("labels.csv", "arm,prompt_index,replicate,attempt,label\n" + string.Concat(rows.Skip(1).Select(r => r.Fields)
            .Select(f => $"{f[At("arm")]},{f[At("prompt_index")]},{f[At("replicate")]},{f[At("attempt")]},{f[At("score")]}\n")));
        var labelled = await CompareAsync("--labels", _folder.At("labels.csv"));
        Assert.True(labelled.ExitCode is 0 or 5, labelled.Error);
        Assert.Contains("By people's labels of 6 of 6 prompts", labelled.Out.Replace('\n', ' '), StringComparison.Ordinal);

        await ledger.ScalarAsync("""
            UPDATE reflectdit.chains SET state = 'failed', shown = NULL, failure = 'told to'
            WHERE (arm, prompt) = (0, 0) RETURNING 1::bigint
            """);
        Assert.Equal(1, (await CompareAsync()).ExitCode);
        var incomplete = await CompareAsync("--allow", "incomplete");
        Assert.True(incomplete.ExitCode is 0 or 5, incomplete.Error);
        Assert.Contains("were every missing chain against", incomplete.Out.Replace('\n', ' '), StringComparison.Ordinal);

        static double Width(CliProcess comparison)
        {
            var row = JsonDocument.Parse(comparison.Out).RootElement.GetProperty("rows")[0];
            return row.GetProperty("high").GetDouble() - row.GetProperty("low").GetDouble();
        }
    }

    [Fact]
    public async Task A_judge_that_scores_what_it_chose_is_called_that_wherever_its_numbers_stand()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        var run = await ledger.RunAsync("run", Sweep(judge: "judge.json"));
        Assert.Contains("best-of-4 SELF-SCORED SIMULATED", run.Out, StringComparison.Ordinal);
        Assert.Contains("* SELF-SCORED: ", run.Out, StringComparison.Ordinal);
        var refused = await ledger.RunAsync("compare", "mine/reflection", "mine/best-of-4");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("chooses by the judge that scores it", refused.Error, StringComparison.Ordinal);
        var compare = await ledger.RunAsync("compare", "mine/reflection", "mine/best-of-4", "--allow", "self-scored");
        Assert.Contains("reflection SELF-SCORED SIMULATED", compare.Out, StringComparison.Ordinal);

        await ledger.RunAsync("export", "csv", "mine", _folder.At("out"));
        await ledger.RunAsync("import", "csv", _folder.At("out/attempts.csv"), "--name", "back", "--benchmark", Sweep("judge.json"));
        var back = await ledger.RunAsync("report", "back");
        Assert.Contains("best-of-4 SELF-SCORED SIMULATED IMPORTED", back.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_scorer_a_run_says_what_the_judge_said_and_what_needs_scores_is_refused()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        var sweep = Sweep(judge: null);
        var run = await ledger.RunAsync("run", sweep);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.StartsWith("What the judge said: sweep mine (", run.Out, StringComparison.Ordinal);
        Assert.Contains("accepted", run.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await ledger.RunAsync("plan", sweep, "--pilot", "3")).ExitCode);
        Assert.Equal(0, await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.scores"));

        foreach (var command in new string[][]
        {
            ["report", "mine", "--layout", "table"], ["curve", "mine"], ["compare", "mine/0", "mine/1"],
        })
        {
            var refused = await ledger.RunAsync(command);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("Sweep mine has no scorer", refused.Error, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await ledger.RunAsync("export", "reflect-dit", "mine", _folder.At("out"))).ExitCode);
        var record = File.ReadAllText(_folder.At("out/reflection/00000/samples/00000.png.feedback.json"));
        Assert.Equal(Prompts[0], JsonDocument.Parse(record).RootElement.GetProperty("prompt").GetString());
        Assert.DoesNotContain("\"correct\"", record, StringComparison.Ordinal);
        var import = await ledger.RunAsync("import", "reflect-dit", _folder.At("out/reflection"), "--name", "back", "--benchmark", sweep);
        Assert.True(import.ExitCode == 0, import.Error);
        Assert.Equal(1, (await ledger.RunAsync("export", "geneval", "mine", _folder.At("geneval"))).ExitCode);
    }

    public void Dispose() => _folder.Dispose();

    /// <param name="judge">The file of the scorer's judge; null for no scorer.</param>
    private string Sweep(string? judge)
    {
        // Another judge than that of the arms, by what it takes.
        _folder.Write("other.json", File.ReadAllText(Path.Combine(Models, "judge.json")).Replace("1459", "1460", StringComparison.Ordinal));
        _folder.Write("judge.json", File.ReadAllText(Path.Combine(Models, "judge.json")));
        _folder.Write("mine.jsonl", string.Concat(Prompts.Select((p, i) =>
            JsonSerializer.Serialize(new { text = p, group = i < 3 ? "animals" : "other", i }) + "\n")));
        var other = judge == "other.json" ? "  other: {kind: simulated, parameters: other.json}" : "";
        var scorer = judge is null ? "" : $"scorer: {{judge: {Path.GetFileNameWithoutExtension(judge)}}}";
        return _folder.Write("mine.yaml", $$"""
            name: mine
            benchmark: {kind: prompts, file: mine.jsonl, prompt: text, stratum: group}
            seed: 1
            models:
              sana: {kind: simulated, parameters: {{Path.Combine(Models, "sana-1.0.json")}} }
              judge: {kind: simulated, parameters: judge.json}
            {{other}}
            {{scorer}}
            arms:
              - {name: best-of-4, generator: sana, judge: judge, strategy: {kind: best-of-n, n: 4, selector: first-accept} }
              - {name: reflection, generator: sana, judge: judge, strategy: {kind: reflection, n: 4} }
            """);
    }

    private static async Task<IReadOnlyList<(string Metric, int N, double Value)>> RowsAsync(LedgerFolder ledger, string sweep, string layout)
    {
        var report = await ledger.RunAsync("report", sweep, "--layout", layout, "--format", "json");
        Assert.True(report.ExitCode == 0, report.Error);
        return
        [
            .. JsonDocument.Parse(report.Out).RootElement.GetProperty("rows").EnumerateArray()
                .Where(r => r.TryGetProperty("value", out var v) && v.ValueKind == JsonValueKind.Number
                    && (!r.TryGetProperty("versus", out var versus) || versus.ValueKind == JsonValueKind.Null))
                .Select(r => (r.GetProperty("metric").GetString()!, r.GetProperty("n").GetInt32(), r.GetProperty("value").GetDouble())),
        ];
    }
}
