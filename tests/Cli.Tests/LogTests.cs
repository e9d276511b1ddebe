using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>What commands say while they work, as a person and as a machine read it.</summary>
public sealed partial class LogTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const string Secret = "S3cret-of-the-test";

    private const string Evil = """="evil\n00:00:00 error: forged \e[2J\u202Eend""";

    /// <summary>Chains of arms with names like lines of the log. The images of one take longer than they may.</summary>
    private static string[] Failing(params string[] more) =>
    [
        "demo", "geneval", "--limit", "30", "--set", "calls={timeout_seconds: 0.01, tries: 1}",
        "--set", "models.sana.placement={batch_seconds: 0.1}",
        "--set", "arms.0.name='00:00:00 error: forged 1'", "--set", "arms.1.name='00:00:00 error: forged 2'", .. more,
    ];

    [Fact]
    public async Task A_name_that_would_forge_a_line_or_move_the_cursor_is_refused_and_shown_with_escapes()
    {
        using var folder = new TemporaryFolder();
        var run = await InProcess.RunAsync(["demo", "geneval", "--set", $"arms.0.name{Evil}\"", "--data", folder.At("data")]);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Contains(@"found 'evil\n00:00:00 error: forged \u001b[2J\u202eend'", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", run.Error);
        Assert.DoesNotContain("\u202E", run.Error);
    }

    [Fact]
    public async Task A_chain_that_fails_is_said_once_with_its_ids_and_nothing_in_it_breaks_the_line()
    {
        await using var ledger = await LedgerFolder.InAsync(server);

        var run = await ledger.RunAsync(Failing());

        Assert.Equal(3, run.ExitCode);
        var failures = FailedChain().Matches(run.Error);
        Assert.Equal(await FailedAsync(ledger), failures.Select(f => f.Groups["chain"].Value).Order());
        Assert.All(failures, f => Assert.Contains("no answer within", f.Value, StringComparison.Ordinal));
        Assert.All(failures, f => Assert.Contains(", arm 00:00:00 error: forged ", f.Value, StringComparison.Ordinal));
    }

    [Fact]
    public async Task As_json_each_line_is_an_object_with_its_time_in_UTC_and_its_ids()
    {
        await using var ledger = await LedgerFolder.InAsync(server);

        var run = await ledger.RunAsync(Failing("--log-format", "json"));

        var lines = Json(run.Error);
        Assert.Equal(
            await FailedAsync(ledger),
            lines.Where(l => (string?)l["event"] == "chain_failed").Select(l => (string)l["data"]!["chain"]!).Order());
        Assert.Contains(lines, l => ((string)l["message"]!).Contains("chains failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_outage_is_said_when_it_begins_and_when_it_is_over()
    {
        await using var ledger = LedgerFolder.Private();
        await using var worker = await ledger.StartAsync("worker", "--log-format", "json");
        await ledger.ReachAsync(1, "SELECT count(*) FROM reflectdit.workers", worker);
        using (var postgres = Process.GetProcessById(await ledger.ServerAsync()))
        {
            postgres.Kill();
            await postgres.WaitForExitAsync();
        }

        await ledger.ReachAsync(2, "SELECT count(*) FROM reflectdit.workers", worker);
        worker.Signal("TERM");
        var ended = await worker.EndAsync();

        Assert.Equal(0, ended.ExitCode);
        var events = Json(ended.Error).Select(l => (string?)l["event"]).Where(e => e is not null).ToList();
        var began = events.IndexOf("outage_began");
        Assert.InRange(events.IndexOf("shift_began"), 0, began);
        Assert.InRange(events.IndexOf("outage_over"), began, events.LastIndexOf("shift_began"));
        Assert.Equal("shift_ended", events.FindLast(e => e!.StartsWith("shift_", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=me;Database=none;Timeout=2;Password=" + Secret, 4)]
    [InlineData("Host=127.0.0.1;Port=1;Pasword=" + Secret, 1)]
    [InlineData("Host=127.0.0.1;Port=" + Secret, 1)]
    public async Task No_password_is_said_where_the_database_cannot_be_reached(string database, int exitCode)
    {
        using var folder = new TemporaryFolder();
        foreach (var format in new[] { "text", "json" })
        {
            await using var command = await RunningCli.StartAsync(
                ["demo", "geneval", "--log-format", format, "--data", folder.Root], database: database);
            var run = await command.EndAsync();

            Assert.Equal(exitCode, run.ExitCode);
            Assert.NotEmpty(run.Error);
            Assert.DoesNotContain(Secret, run.Out + run.Error, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task No_password_is_said_where_connections_are_cut_at_work()
    {
        await using var ledger = await LedgerFolder.InAsync(server);
        var database = await ledger.AddressAsync() + ";Password=" + Secret;
        await using var worker = await ledger.StartWithinAsync(
            ["env", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", $"OTEL_EXPORTER_OTLP_HEADERS=authorization={Secret}"],
            "worker", "--log-format", "json", "--database", database);
        await ledger.ReachAsync(1, "SELECT count(*) FROM reflectdit.workers", worker);
        await ledger.ScalarAsync(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        await ledger.ReachAsync(2, "SELECT count(*) FROM reflectdit.workers", worker);
        worker.Signal("TERM");
        var ended = await worker.EndAsync();

        Assert.Contains(Json(ended.Error), l => (string?)l["event"] == "outage_began");
        Assert.DoesNotContain(Secret, ended.Out + ended.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task On_a_terminal_what_is_said_stands_whole_above_the_bar()
    {
        await using var ledger = await LedgerFolder.InAsync(server);
        await using var run = await ledger.StartWithinAsync(
            ["env", "TERM=xterm", "bash", "-c", """exec script -qec "$(printf '%q ' "$@")" /dev/null""", "bash"], Failing());

        var ended = await run.EndAsync();
        var screen = Screen.After(ended.Out);

        var text = string.Join(' ', screen.Select(l => l.Trim()));
        Assert.Equal(
            await FailedAsync(ledger),
            FailedOnScreen().Matches(text).Select(f => f.Groups["chain"].Value).Order());
        Assert.True(
            ended.ExitCode == 3 && screen.Count(l => l.Contains("100%", StringComparison.Ordinal)) == 1,
            $"{ended.ExitCode}\n{string.Join('\n', screen)}");
        Assert.DoesNotContain(screen, l => l.Contains("0%", StringComparison.Ordinal)
            && l.Contains("error:", StringComparison.Ordinal));
    }

    private static async Task<IEnumerable<string>> FailedAsync(LedgerFolder ledger)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(await ledger.AddressAsync());
        await using var command = source.CreateCommand(
            "SELECT array(SELECT id::text FROM reflectdit.chains WHERE state = 'failed' ORDER BY id::text COLLATE \"C\")");
        var failed = (string[])(await command.ExecuteScalarAsync())!;
        Assert.NotEmpty(failed);
        return failed;
    }

    private static List<JsonNode> Json(string error) =>
    [
        .. error.TrimEnd('\n').Split('\n').Select(line =>
        {
            var entry = JsonNode.Parse(line)!;
            var time = (string)entry["time"]!;
            Assert.Equal('Z', time[^1]);
            Assert.Equal(0, (int)(DateTimeOffset.UtcNow - DateTimeOffset.Parse(time, CultureInfo.InvariantCulture)).TotalHours);
            Assert.All(["level", "category", "message"], key => Assert.NotNull((string?)entry[key]));
            return entry;
        }),
    ];

    [GeneratedRegex(
        @"^\d\d:\d\d:\d\d error: Chain (?<chain>[0-9a-f-]{36}) failed \(sweep [0-9a-f-]{36}, arm .*, prompt \d+, replicate 0\): .*$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex FailedChain();

    [GeneratedRegex(@"error: Chain (?<chain>[0-9a-f-]{36}) failed \(sweep", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FailedOnScreen();
}
