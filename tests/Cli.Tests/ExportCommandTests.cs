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
        Assert.Contains("mine: is there already; an export goes into a new folder", export.Error);
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
