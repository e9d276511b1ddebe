using System.Text.Json;

namespace ReflectDiT.Eval.Cli.Tests;

[Collection(nameof(SmallSweeps))]
public sealed class ExportCommandTests(SmallSweeps sweeps)
{
    private static readonly string[] Arms = ["SANA-1.0 + best-of-20", "Reflect-DiT (N=20)"];
    private static readonly string[] Folders = ["SANA-1.0___best-of-20", "Reflect-DiT__N_20_"];

    [Fact]
    public async Task The_import_of_an_exported_table_gives_the_same_report()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);

        var export = await sweeps.AtOnce.RunAsync("export", "csv", "small", folder.At("out"));
        var import = await ledger.RunAsync(
            "import", "csv", folder.At("out/attempts.csv"), "--name", "back", "--per-task", "1");

        Assert.Equal((0, 0), (export.ExitCode, import.ExitCode));
        foreach (var layout in new[] { "table1", "curve" })
            Assert.Equal(await RowsAsync(sweeps.AtOnce, "small", layout), await RowsAsync(ledger, "back", layout));
    }

    [Fact]
    public async Task The_import_of_the_released_codes_folders_gives_the_same_report()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);

        var export = await sweeps.AtOnce.RunAsync("export", "reflect-dit", "small", folder.At("out"));
        var import = await ledger.RunAsync(
        [
            "import", "reflect-dit", .. Folders.Select(f => folder.At($"out/{f}")),
            .. Arms.SelectMany(a => new[] { "--arm", a }),
            "--published", "sana-1.0-best-of-20", "--published", "reflect-dit", "--name", "back", "--per-task", "1",
            "--format", "json",
        ]);

        Assert.Equal((0, 0), (export.ExitCode, import.ExitCode));
        using var json = JsonDocument.Parse(import.Out);
        Assert.All(json.RootElement.GetProperty("arms").EnumerateArray(), a =>
            Assert.Empty(a.GetProperty("findings").EnumerateArray()));
        foreach (var layout in new[] { "table1", "curve" })
            Assert.Equal(await RowsAsync(sweeps.AtOnce, "small", layout), await RowsAsync(ledger, "back", layout));
    }

    /// <summary>Required keys, enumerations and types of the published eval.schema.json, version 0.3.0, checked by hand.</summary>
    [Fact]
    public async Task Records_of_every_eval_ever_have_the_schemas_form_and_the_reports_numbers()
    {
        using var folder = new TemporaryFolder();
        var export = await sweeps.AtOnce.RunAsync("export", "eee", "small", folder.At("out"), "--organization", "Some Lab");
        Assert.Equal((0, ""), (export.ExitCode, export.Out));
        var files = Directory.GetFiles(folder.At("out"), "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder.At("out"), f).Replace('\\', '/')).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(Folders.Order(StringComparer.Ordinal), files.Select(f => f.Split('/')[3]));
        using var report = JsonDocument.Parse((await sweeps.AtOnce.RunAsync("report", "small", "--format", "json")).Out);
        foreach (var file in files)
        {
            Assert.Matches("^data/geneval/Some_Lab/[^/]+/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\\.json$", file);
            using var json = JsonDocument.Parse(await File.ReadAllTextAsync(folder.At($"out/{file}")));
            var record = json.RootElement;
            Assert.Equal(
                [
                    "eval_library", "evaluation_id", "evaluation_results", "model_info", "retrieved_timestamp", "schema_version",
                    "source_metadata",
                ],
                record.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
            Assert.Equal("0.3.0", record.GetProperty("schema_version").GetString());
            Assert.True(long.TryParse(record.GetProperty("retrieved_timestamp").GetString(), out _));
            var source = record.GetProperty("source_metadata");
            Assert.Equal(
                ("evaluation_run", "Some Lab", "other"),
                (Text(source, "source_type"), Text(source, "source_organization_name"), Text(source, "evaluator_relationship")));
            var model = record.GetProperty("model_info");
            Assert.Contains("SIMULATED", Text(model, "name"));
            Assert.Equal(
                ("self_deployed", "unknown"),
                (Text(model.GetProperty("additional_details"), "deployment_type"), Text(model.GetProperty("additional_details"), "model_availability")));
            Assert.All(
                new[] { source, model }.SelectMany(o => o.GetProperty("additional_details").EnumerateObject()),
                p => Assert.Equal(JsonValueKind.String, p.Value.ValueKind));
            Assert.NotEqual("", Text(record.GetProperty("eval_library"), "version"));
            var results = record.GetProperty("evaluation_results").EnumerateArray().ToList();
            Assert.Equal(8, results.Count);
            foreach (var result in results)
            {
                var metric = result.GetProperty("metric_config");
                Assert.Equal(
                    ("other", "continuous", false, 0, 1),
                    (Text(result.GetProperty("source_data"), "source_type"), Text(metric, "score_type"), metric.GetProperty("lower_is_better").GetBoolean(),
                        metric.GetProperty("min_score").GetInt32(), metric.GetProperty("max_score").GetInt32()));
                var score = result.GetProperty("score_details");
                Assert.All(score.GetProperty("details").EnumerateObject(), p => Assert.Equal(JsonValueKind.String, p.Value.ValueKind));
                var interval = score.GetProperty("uncertainty").GetProperty("confidence_interval");
                var row = report.RootElement.GetProperty("rows").EnumerateArray().Single(r =>
                    Text(r, "kind") == "arm" && Text(r, "arm") == Text(model, "name") && r.GetProperty("n").GetInt32() == 3
                    && Text(r, "metric") == Text(metric, "metric_name"));
                Assert.Equal(
                    (row.GetProperty("value").GetDouble(), row.GetProperty("low").GetDouble(), row.GetProperty("high").GetDouble(), Text(row, "interval"), 0.95),
                    (score.GetProperty("score").GetDouble(), interval.GetProperty("lower").GetDouble(), interval.GetProperty("upper").GetDouble(),
                        Text(interval, "method"), interval.GetProperty("confidence_level").GetDouble()));
                Assert.Equal(row.GetProperty("prompts").GetInt32(), score.GetProperty("uncertainty").GetProperty("num_samples").GetInt32());
            }
        }

        static string Text(JsonElement of, string key) => of.GetProperty(key).GetString()!;
    }

    [Fact]
    public async Task Genevals_folders_hold_the_shown_images_and_their_import_gives_the_same_shares()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);

        var export = await sweeps.AtOnce.RunAsync("export", "geneval", "small", folder.At("out"));
        var import = await ledger.RunAsync(
        [
            "import", "geneval", .. Folders.Select(f => folder.At($"out/{f}")),
            .. Arms.SelectMany(a => new[] { "--arm", a }),
            "--name", "back", "--per-task", "1",
        ]);

        Assert.Equal((0, 0), (export.ExitCode, import.ExitCode));
        Assert.Equal(
            Values(await RowsAsync(sweeps.AtOnce, "small", "table1"), 3),
            Values(await RowsAsync(ledger, "back", "table1"), 1));
        foreach (var arm in Folders.Select(f => folder.At($"out/{f}")))
        {
            // As the published scorer looks for them.
            var prompts = Directory.GetDirectories(arm).Where(d => Path.GetFileName(d).All(char.IsAsciiDigit)).ToList();
            Assert.Equal(85, prompts.Count);
            Assert.All(prompts, p => Assert.True(
                File.Exists(Path.Combine(p, "metadata.jsonl")) && File.Exists(Path.Combine(p, "samples/0000.png"))));
            var summary = await CliProcess.RunAsync("summary", Path.Combine(arm, "results.jsonl"));
            Assert.StartsWith("Summary\n=======\nTotal images: 85\nTotal prompts: 85\n", summary.Out);
        }
    }

    [Fact]
    public async Task An_export_goes_into_a_new_folder_or_nowhere()
    {
        using var folder = new TemporaryFolder();
        folder.Write("mine", "stays");

        var export = await sweeps.AtOnce.RunAsync("export", "csv", "small", folder.At("mine"));
        var absent = await sweeps.AtOnce.RunAsync("export", "csv", "small", folder.At("no/such/folder"));

        Assert.Equal((1, ""), (export.ExitCode, export.Out));
        Assert.Contains("mine: exists already; an export needs a new folder", export.Error);
        Assert.Equal("stays", await File.ReadAllTextAsync(folder.At("mine")));
        Assert.Equal(0, absent.ExitCode);
        Assert.Equal(["attempts.csv"], Directory.GetFiles(folder.At("no/such/folder")).Select(Path.GetFileName));
        Assert.Equal(["mine"], folder.Files);
    }

    [Fact]
    public async Task An_arm_that_shows_another_image_than_the_last_is_refused_where_the_released_analysis_would_differ()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        await ledger.RunAsync(SmallSweeps.Command("--set", "arms.0.strategy.selector=judge-score"));

        var tree = await ledger.RunAsync("export", "reflect-dit", "small", folder.At("tree"));
        var table = await ledger.RunAsync("export", "csv", "small", folder.At("table"));
        var import = await ledger.RunAsync(
            "import", "csv", folder.At("table/attempts.csv"), "--name", "back", "--per-task", "1");

        Assert.Equal(1, tree.ExitCode);
        Assert.Contains("Arm 'SANA-1.0 + best-of-20' shows attempt ", tree.Error);
        Assert.Equal(["table"], Directory.EnumerateFileSystemEntries(folder.Root).Select(Path.GetFileName));
        Assert.Equal((0, 0), (table.ExitCode, import.ExitCode));
        Assert.Equal(await RowsAsync(ledger, "small", "curve"), await RowsAsync(ledger, "back", "curve"));
    }

    /// <summary>The rows of a report in JSON, each a text; that an arm was imported is left out.</summary>
    private static async Task<IReadOnlyList<string>> RowsAsync(LedgerFolder ledger, string sweep, string layout)
    {
        var report = await ledger.RunAsync("report", sweep, "--layout", layout, "--format", "json");
        using var json = JsonDocument.Parse(report.Out.Replace(" IMPORTED", "", StringComparison.Ordinal));
        return [.. json.RootElement.GetProperty("rows").EnumerateArray().Select(r => r.GetRawText())];
    }

    /// <summary>Arm, metric and value of the arms' rows at one N.</summary>
    private static IEnumerable<string> Values(IEnumerable<string> rows, int n) => rows
        .Select(r => JsonElement.Parse(r))
        .Where(r => r.GetProperty("kind").GetString() == "arm" && r.GetProperty("n").GetInt32() == n)
        .Select(r => $"{r.GetProperty("arm")} {r.GetProperty("metric")} {r.GetProperty("value").GetRawText()}");
}
