using System.Text.Json;

namespace ReflectDiT.Eval.Cli.Tests;

[Collection(nameof(SmallSweeps))]
public sealed class RescoreCommandTests(SmallSweeps sweeps)
{
    private static readonly string Selectors =
        Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "sweeps", "selectors.yaml");

    private static readonly string[] Small = ["--set", "benchmark.per_task=1", .. Enumerable.Range(0, 4).SelectMany(i => new[] { "--set", $"arms.{i}.strategy.n=3" })];

    [Fact]
    public async Task Other_thresholds_score_the_same_images_again_and_each_scorer_has_results_of_its_own()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        Assert.Equal(0, (await ledger.RunAsync(["run", Selectors, .. Small])).ExitCode);
        var own = await OverallAsync(ledger);
        var images = await ledger.ScalarAsync("SELECT sum(times) FROM reflectdit.drawings");

        var blind = await ledger.RunAsync(
            ["rescore", "selectors", Selectors, .. Small, "--as", "blind", "--set", "scorer.threshold=1", "--set", "scorer.counting_threshold=1"]);

        Assert.True(blind.ExitCode == 0, blind.Error);
        Assert.Contains("SCORER: blind", blind.Out, StringComparison.Ordinal);
        Assert.All((await OverallAsync(ledger, "--scorer", "blind")).Values, share => Assert.Equal(0, share)); // nothing is found
        Assert.Equal(own, await OverallAsync(ledger));
        Assert.Contains(own.Values, share => share > 0);
        Assert.Equal(images, await ledger.ScalarAsync("SELECT sum(times) FROM reflectdit.drawings"));
        Assert.Equal(
            await ledger.ScalarAsync("SELECT 2 * count(*) FROM reflectdit.drawings"), await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.scores"));
        Assert.Contains("SCORER: blind", (await ledger.RunAsync("compare", "selectors/1", "selectors/2", "--scorer", "blind")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_drawn_elsewhere_is_scored_here_as_it_was_there()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        Assert.Equal(0, (await ledger.RunAsync(SmallSweeps.Command())).ExitCode);
        var folder = Path.Combine(ledger.Path, "exported");
        Assert.Equal(0, (await ledger.RunAsync("export", "reflect-dit", "small", folder)).ExitCode);
        var arm = Directory.GetDirectories(folder).Order(StringComparer.Ordinal).First();
        var import = await ledger.RunAsync("import", "reflect-dit", arm, "--name", "back", "--per-task", "1", "--images");
        Assert.True(import.ExitCode == 0, import.Error);

        var rescore = await ledger.RunAsync(["rescore", "back", Selectors, .. Small, "--as", "here"]);

        Assert.True(rescore.ExitCode == 0, rescore.Error);
        Assert.NotEqual(0, await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.drawings WHERE imported"));
        Assert.Equal(0, await ledger.ScalarAsync("""
            SELECT count(*) FROM reflectdit.drawings d
            LEFT JOIN reflectdit.sweep_scorers w ON w.name = 'here' LEFT JOIN reflectdit.scores h ON h.drawing_id = d.id AND h.scorer_id = w.scorer_id
            LEFT JOIN reflectdit.scores o ON o.drawing_id = d.id AND o.scorer_id <> w.scorer_id
            WHERE d.imported AND (h.value, h.passed) IS DISTINCT FROM (o.value, o.passed)
            """));
    }

    [Theory]
    [InlineData("another benchmark, or of other prompts", "--as", "strict", "--set", "benchmark.per_task=2")]
    [InlineData("--as own: expected letters", "--as", "own")]
    [InlineData("has this very scorer already, as 'own'", "--as", "again")]
    public async Task A_scorer_that_cannot_be_is_refused_with_the_reason(string message, params string[] options)
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        Assert.Equal(0, (await ledger.RunAsync(["run", Selectors, .. Small, "--detach"])).ExitCode);

        var refused = await ledger.RunAsync(["rescore", "selectors", Selectors, .. Small, .. options]);

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(message, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drawn_and_complete_are_told_apart_and_a_scorer_that_is_not_there_is_named()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        await ledger.RunAsync(["run", Selectors, .. Small]);
        Assert.Contains(" images, complete\n", (await ledger.RunAsync("status")).Out, StringComparison.Ordinal);
        await ledger.RunAsync(["rescore", "selectors", Selectors, .. Small, "--as", "later", "--set", "scorer.threshold=0.5", "--detach"]);

        using var status = JsonDocument.Parse((await ledger.RunAsync("status", "--format", "json")).Out);
        var sweep = status.RootElement.GetProperty("sweeps")[0];
        Assert.True(sweep.GetProperty("drawn").GetBoolean());
        Assert.False(sweep.GetProperty("complete").GetBoolean());
        Assert.Equal(await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.drawings"), sweep.GetProperty("unscored").GetInt64());
        var report = await ledger.RunAsync("report", "selectors", "--scorer", "later");
        Assert.Equal(2, report.ExitCode);
        Assert.Contains(" not scored yet)", string.Join(' ', report.Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Contains("It has: later, own.", (await ledger.RunAsync("report", "selectors", "--scorer", "none")).Error, StringComparison.Ordinal);
    }

    /// <summary>Each arm's share of prompts.</summary>
    private static async Task<Dictionary<string, double>> OverallAsync(LedgerFolder ledger, params string[] options)
    {
        var file = Path.Combine(ledger.Path, "curve.json");
        Assert.Equal(0, (await ledger.RunAsync(["curve", "selectors", "--format", "json", "--out", file, .. options])).ExitCode);
        using var curve = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        return curve.RootElement.GetProperty("lines").EnumerateArray().ToDictionary(
            l => $"{l.GetProperty("arm").GetString()!.Split(' ')[0]} {l.GetProperty("line")}",
            l => l.GetProperty("points").EnumerateArray().Last().GetProperty("mean_over_prompts").GetProperty("value").GetDouble());
    }
}
