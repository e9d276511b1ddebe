using System.Text.RegularExpressions;
using Npgsql;

namespace ReflectDiT.Eval.Cli.Tests;

[Collection(nameof(SmallSweeps))]
public sealed class RunCommandTests(SmallSweeps sweeps)
{
    [Fact]
    public async Task The_result_goes_to_standard_output_and_all_else_to_standard_error()
    {
        var run = sweeps.Runs[0];

        Assert.Equal(0, run.ExitCode);
        var report = (await sweeps.AtOnce.RunAsync("report", "small")).Out;
        Assert.StartsWith(report, run.Out, StringComparison.Ordinal);
        var verdict = run.Out[report.Length..];
        Assert.StartsWith("Verdict: ", verdict, StringComparison.Ordinal);
        Assert.Single(verdict.TrimEnd().Split('\n'));
        Assert.Contains("Next: 'reflectdit compare small' tests", run.Error, StringComparison.Ordinal);
        Assert.Contains("85 of 85 prompts", run.Error);
        Assert.Contains("SANA-1.0 + best-of-20: up to 3 attempts a chain, SIMULATED", run.Error);
        Assert.Contains("170/170 chains", run.Error);
        Assert.Contains(", done, 0 failed", run.Error);
    }

    [Fact]
    public async Task Parts_and_then_the_rest_record_what_the_whole_at_once_does()
    {
        Assert.All(sweeps.Runs, run => Assert.True(run.ExitCode == 0, run.Error));
        Assert.Contains("12 of 85 prompts", sweeps.Runs[1].Error);
        Assert.Contains("24/24 chains", sweeps.Runs[1].Error);
        Assert.Contains("1 of 85 prompts", sweeps.Runs[2].Error);
        Assert.Contains("A part of the sweep, as asked for: 12 of 85 prompts, by --limit 12.", sweeps.Runs[1].Out);
        Assert.Contains("A part of the sweep, as asked for: 1 of 85 prompts, by --category colors.", sweeps.Runs[2].Out);
        Assert.All(sweeps.Runs, run => Assert.DoesNotContain("INCOMPLETE", run.Out));
        Assert.DoesNotContain("A part of", sweeps.Runs[3].Out);
        Assert.Equal(await sweeps.AtOnce.DumpAsync(), await sweeps.InParts.DumpAsync());
        Assert.Equal(sweeps.Runs[0].Out, sweeps.Runs[3].Out);
    }

    [Fact]
    public async Task What_arms_share_is_drawn_once_and_status_says_what_was_booked_and_what_was_spent()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        var file = Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "sweeps", "selectors.yaml");
        var run = await ledger.RunAsync("run", file, "--limit", "6");
        Assert.True(run.ExitCode == 0, run.Error);
        var status = await ledger.RunAsync("status", "--detail");
        Assert.Contains("  120 different drawings (drawn 120 times), 120 judgements (judged 120 times); device seconds: ", status.Out, StringComparison.Ordinal);
        var seconds = Regex.Match(status.Out, "device seconds: (?<booked>[0-9.]+) booked, (?<spent>[0-9.]+) spent", RegexOptions.None, TimeSpan.FromSeconds(1));
        var attempts = await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.attempts");
        Assert.Equal(
            attempts / 120.0, double.Parse(seconds.Groups["booked"].Value) / double.Parse(seconds.Groups["spent"].Value), 0.01);
        Assert.Contains("Nothing refers to 0 drawings, 0 judgements and 0 files.", status.Out, StringComparison.Ordinal);
        var prune = await ledger.RunAsync("db", "prune");
        Assert.Equal((0, "Removed 0 drawings, 0 judgements and 0 files.\n"), (prune.ExitCode, prune.Error));
    }

    [Fact]
    public void The_image_folder_shows_every_chain()
    {
        var images = Directory.GetDirectories(Path.Combine(sweeps.AtOnce.Path, "images"), "small-*").Single();
        var shown = Directory.GetFiles(images, "shown.png", SearchOption.AllDirectories);

        Assert.Equal(2 * 85, shown.Length);
        Assert.All(shown, file => Assert.Equal([0x89, .. "PNG"u8], File.ReadAllBytes(file)[..4]));
    }

    [Fact]
    public async Task A_cancelled_sweep_is_not_run_until_it_is_requeued()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        await ledger.RunAsync(SmallSweeps.Command("--detach"));
        Assert.Equal(0, (await ledger.RunAsync("ctl", "cancel", "small")).ExitCode);

        var refused = await ledger.RunAsync(SmallSweeps.Command("--limit", "2"));
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("is cancelled; 'reflectdit ctl requeue small' goes on with it", refused.Error);
        Assert.Equal(0, await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.attempts"));

        Assert.Equal(0, (await ledger.RunAsync("ctl", "requeue", "small")).ExitCode);
        var run = await ledger.RunAsync(SmallSweeps.Command("--limit", "2"));
        Assert.True(run.ExitCode == 0, run.Error);
    }

    [Theory]
    [InlineData("argument missing", "run")]
    [InlineData("absent.yaml: cannot be read", "run", "absent.yaml")]
    [InlineData("arms.0.strategy.n: expected an integer from 1 to 10000, found '0'", "demo", "geneval", "--set", "arms.0.strategy.n=0")]
    [InlineData("no published arm 'nobody'; known: sana-1.0-best-of-20,", "demo", "geneval", "--set", "arms.1.published=nobody")]
    [InlineData("judge.json:5: top level: the key 'tokens' is unknown; known: simulated, model,", "demo", "geneval", "--set", "models.sana.parameters=../simulated/judge.json")]
    [InlineData("--limit 0: expected a whole number of at least 1", "demo", "geneval", "--limit", "0")]
    [InlineData("--limit few: expected", "demo", "geneval", "--limit", "few")]
    [InlineData("--concurrency 0: expected a whole number", "demo", "geneval", "--concurrency", "0")]
    [InlineData("'colour'", "demo", "geneval", "--category", "colour")]
    [InlineData("--database: expected an Npgsql connection string", "demo", "geneval", "--database", "here")]
    [InlineData("--full is an option of the demo shapes", "demo", "geneval", "--full")]
    [InlineData("'table9'", "report", "demo", "--layout", "table9")]
    [InlineData("'xml'", "report", "demo", "--format", "xml")]
    [InlineData("'xml'", "status", "--format", "xml")]
    [InlineData("--lease 2: expected a number of at least 3", "worker", "--lease", "2")]
    public async Task Wrong_usage_ends_with_1_and_touches_nothing(string sentence, params string[] args)
    {
        using var folder = new TemporaryFolder();

        var run = await InProcess.RunAsync([.. args, "--data", folder.At("data")]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("reflectdit: ", run.Error);
        Assert.Contains(sentence, run.Error, StringComparison.OrdinalIgnoreCase);
        Assert.False(Path.Exists(folder.At("data")));
    }

    [Fact]
    public async Task A_wrong_sweep_file_is_told_by_file_line_and_column()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("mine.yaml", "name: mine\nbenchmark: {kind: dream}\n");

        var run = await CliProcess.RunAsync("run", file, "--data", folder.At("data"));

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith($"reflectdit: {file}:2:19: benchmark.kind: expected one of geneval", run.Error);
    }

    [Fact]
    public async Task A_database_that_cannot_be_reached_ends_with_4_and_what_to_do()
    {
        using var folder = new TemporaryFolder();

        var run = await CliProcess.RunAsync(
            "demo", "geneval", "--data", folder.At("data"), "--database", $"Host={folder.Root};Username=me;Database=none");

        Assert.Equal((4, ""), (run.ExitCode, run.Out));
        Assert.Contains("Check --database", run.Error);
    }

    [Fact]
    public async Task The_option_names_the_database_before_the_variable_does_and_nothing_outside_our_schema_is_made()
    {
        using var folder = new TemporaryFolder();
        var address = await sweeps.Server.CreateDatabaseAsync();

        await using var command = await RunningCli.StartAsync(
            ["demo", "geneval", "--limit", "1", "--data", folder.At("data"), "--database", address], database: "Host=/nowhere");
        var run = await command.EndAsync();

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.False(Path.Exists(folder.At("data/postgres")));
        await using var source = NpgsqlDataSource.Create(address);
        await using var schemas = source.CreateCommand(
            """
            SELECT string_agg(DISTINCT table_schema, ' ') FROM information_schema.tables
            WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
            """);
        Assert.Equal("reflectdit", await schemas.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Interrupted_it_finishes_the_attempts_in_flight_and_ends_with_2()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        await using var interrupted = await ledger.StartAsync(SmallSweeps.Command("--concurrency", "4"));
        await ledger.ReachAttemptsAsync(10, interrupted);
        var hold = await ledger.HoldWritesAsync();
        await ledger.ReachWaitingAsync(1, interrupted);
        var before = await ledger.CheckImagesAsync();
        interrupted.Interrupt();

        // However long the attempts in flight take, they are waited for.
        await Assert.ThrowsAsync<TimeoutException>(() => interrupted.EndAsync().WaitAsync(TimeSpan.FromSeconds(3)));
        await hold.DisposeAsync();

        var run = await interrupted.EndAsync();
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains("Run the same command again to go on.", run.Error);
        Assert.InRange(await ledger.CheckImagesAsync(), before + 1, before + 4);
        Assert.Equal(0, (await ledger.RunAsync(SmallSweeps.Command())).ExitCode);
        Assert.Equal(await sweeps.AtOnce.DumpAsync(), await ledger.DumpAsync());
    }

    [Fact]
    public async Task More_failures_than_tolerated_end_with_3_and_another_run_tries_them_again()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);

        string[] slow = ["--set", "models.sana.placement={batch_seconds: 0.1, timeout_seconds: 0.01}"];
        var failed = await ledger.RunAsync(SmallSweeps.Command(["--set", "calls={tries: 1}", .. slow]));
        var tolerated = await ledger.RunAsync(SmallSweeps.Command(["--set", "calls={tries: 1, tolerated_failures: 1}", .. slow]));
        var whole = await ledger.RunAsync(SmallSweeps.Command());

        Assert.Equal((3, 0, 0), (failed.ExitCode, tolerated.ExitCode, whole.ExitCode));
        Assert.Contains("chains failed (0 tolerated)", failed.Error);
        Assert.Contains("no answer within 0.01 s", failed.Error);
        Assert.Contains("INCOMPLETE", failed.Out);
        Assert.Contains("chains failed (170 tolerated)", tolerated.Error);
        Assert.Equal(await sweeps.AtOnce.DumpAsync(), await ledger.DumpAsync());
    }
}
