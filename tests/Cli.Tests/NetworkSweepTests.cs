using System.Text.Json.Nodes;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>
/// The shipped sweep of the paper's Table 1 with networks of random weights: generators, judge, detector and colours are those
/// that real weights run through.
/// </summary>
public sealed class NetworkSweepTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly string Paper = Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "sweeps", "paper");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Paper, "*.yaml").Select(f => Path.GetFileName(f)).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_sweep_of_the_paper_is_planned_without_weights_and_speaks_of_every_row_of_its_table(string file)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Paper, file));
        var plan = await InProcess.RunAsync(["plan", Path.Combine(Paper, file)]);
        Assert.Equal((0, "Judge 'judge' is asked in other words than the released judge was tuned with: see docs/reproduce.md.\n"), (plan.ExitCode, plan.Error));
        Assert.DoesNotContain("SIMULATED", plan.Out);
        Assert.Contains($"name: {Path.GetFileNameWithoutExtension(file)}\n", text);
        var table = Path.Combine(Paper, $"../../published/{Path.ChangeExtension(file.Replace("-", "", StringComparison.Ordinal), ".json")}");
        var rows = file.StartsWith("table", StringComparison.Ordinal) ? JsonNode.Parse(await File.ReadAllTextAsync(table))!["rows"]!.AsArray() : [];
        Assert.All(rows.Select(row => (string)row!["label"]!), label => Assert.Contains(label, text));
    }

    [Fact]
    public async Task A_silo_draws_judges_and_scores_with_networks_and_what_is_killed_and_resumed_ends_as_undisturbed()
    {
        using var folder = new TemporaryFolder();
        string[] sweep = [Path.Combine(Paper, "table-1.yaml"), .. Tiny(folder)];
        await using var undisturbed = await LedgerFolder.InAsync(server);
        await using var run = await undisturbed.StartAsync(["run", .. sweep, "--limit", "3"]);
        var ended = await run.EndAsync();
        Assert.True(ended.ExitCode == 0, ended.Error);
        await TrimAsync(undisturbed, "state = 'done'");

        await using var ledger = await LedgerFolder.InAsync(server);
        var planned = await ledger.RunAsync(["run", .. sweep, "--detach"]);
        Assert.True(planned.ExitCode == 0, planned.Error);
        await CopyPromptsAsync(undisturbed, ledger);
        await using (var killed = await ledger.StartAsync("worker", "--slots", "2", "--lease", "3"))
        {
            await ledger.ReachAttemptsAsync(3, killed);
            killed.Kill();
            await killed.EndAsync();
        }

        Assert.True(await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.chains WHERE state = 'open'") > 0);
        await using var successor = await ledger.StartAsync("worker", "--slots", "3");
        await ledger.ReachAsync(
            await undisturbed.ScalarAsync("SELECT count(*) FROM reflectdit.chains"),
            "SELECT count(*) FROM reflectdit.chains WHERE state = 'done' AND NOT EXISTS (SELECT FROM reflectdit.scorings)",
            successor);

        Assert.Equal(await undisturbed.NetworkRowsAsync(), await ledger.NetworkRowsAsync());
        Assert.Equal(await undisturbed.CheckImagesAsync(), await ledger.CheckImagesAsync());
        Assert.True(await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.judgements WHERE yes_logit IS NOT NULL AND text <> ''") > 3);
        Assert.True(await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.scores WHERE evidence::text LIKE '%\"detections\":{\"%'") > 3);
        successor.Signal("TERM");
        Assert.Equal(0, (await successor.EndAsync()).ExitCode);
    }

    /// <summary>Two arms, their models in folders of tiny networks.</summary>
    private static string[] Tiny(TemporaryFolder folder)
    {
        TinyNetworks.Generator(folder.At("reflect-dit"));
        TinyNetworks.Judge(folder.At("judge"));
        TinyNetworks.Detector(folder.At("detector"));
        const string Pixels = "\"steps\": 2, \"height\": 64, \"width\": 64, \"dtype\": \"fp32\", \"image_tokens\": 4";
        var generator = folder.Write("reflect-dit.json", $$"""{"model": "tiny", {{Pixels}}}""");
        var judge = folder.Write("judge.json", """{"model": "tiny", "dtype": "fp32", "feedback": "clean", "max_tokens": 6}""");
        var detector = folder.Write("detector.json", """{"model": "tiny", "clip": "fp32", "least_score": 0.02, "longest": 128, "shortest": 80}""");
        return
        [
            .. new[]
            {
                // The sweep's own arms are four, of three generators: two are enough, and share their first images.
                $"models={{reflect-dit: {{kind: reflect-dit, parameters: {generator}, batch: 2, placement: {{path: {folder.At("reflect-dit")}}}}}, "
                + $"judge: {{kind: qwen2.5-vl, parameters: {judge}, batch: 2, placement: {{path: {folder.At("judge")}}}}}, "
                + $"detector: {{kind: mask2former-clip, parameters: {detector}, placement: {{path: {folder.At("detector")}}}}}}}",
                "arms=[{name: best, generator: reflect-dit, judge: judge, strategy: {kind: best-of-n, n: 2, selector: pairwise}}, "
                + "{name: reflection, generator: reflect-dit, judge: judge, strategy: {kind: reflection, n: 2, k: 1, mode: clean}}]",
                "benchmark.per_task=1", "scorer.threshold=0.02", "scorer.counting_threshold=0.02",
            }.SelectMany(set => new[] { "--set", set }),
        ];
    }

    /// <summary>Leaves the chains of a few prompts, as if the benchmark had no more.</summary>
    private static async Task TrimAsync(LedgerFolder ledger, string which)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(await ledger.AddressAsync());
        await using var delete = source.CreateCommand(
            $"DELETE FROM reflectdit.chains WHERE prompt NOT IN (SELECT prompt FROM reflectdit.chains WHERE {which})");
        await delete.ExecuteNonQueryAsync();
    }

    private static async Task CopyPromptsAsync(LedgerFolder from, LedgerFolder to)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(await from.AddressAsync());
        await using var ask = source.CreateCommand("SELECT string_agg(DISTINCT prompt::text, ',') FROM reflectdit.chains");
        await TrimAsync(to, $"prompt IN ({await ask.ExecuteScalarAsync()})");
    }
}
