using System.Diagnostics;
using Npgsql;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>What a clumsy user, or a hostile one, gives the command.</summary>
[Collection(nameof(SmallSweeps))]
public sealed class HostileUseTests(SmallSweeps sweeps)
{
    [Theory]
    [InlineData("--limit", "6")]
    [InlineData("--category", "colors")]
    [InlineData("--concurrency", "2")]
    public async Task What_workers_would_not_heed_is_refused_beside_detach(params string[] options)
    {
        using var folder = new TemporaryFolder();
        var run = await InProcess.RunAsync(["demo", "geneval", "--detach", .. options, "--data", folder.At("data")]);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains($"{options[0]} cannot be given with --detach", run.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(folder.At("data")));
    }

    [Theory]
    [InlineData("SWEEP.yaml", "run", "")]
    [InlineData("--data", "status", "--data", "")]
    [InlineData("--data", "status", "--data", "  ")]
    [InlineData("--database", "status", "--database", "")]
    [InlineData("DIR", "export", "csv", "demo", "")]
    [InlineData("--out", "prompts", "--out", "")]
    [InlineData("--set", "demo", "geneval", "--set", "")]
    public async Task A_value_that_is_empty_is_refused_by_the_name_of_its_option(string option, params string[] args)
    {
        var run = await InProcess.RunAsync(args);
        Assert.Equal((1, "", $"reflectdit: {option}: expected a value, found none\n"), (run.ExitCode, run.Out, run.Error));
    }

    [Theory]
    [InlineData("demo", "geneval", "--concurrency", "2147483647")]
    [InlineData("worker", "--slots", "2147483647")]
    [InlineData("worker", "--lease", "99999999999999999999")]
    [InlineData("prompts", "--out", "x", "--per-task", "2147483647")]
    [InlineData("import", "csv", "x", "--n", "2147483647")]
    [InlineData("import", "csv", "x", "--per-task", "2147483647")]
    [InlineData("demo", "geneval", "--set", "benchmark.per_task=2147483647")]
    [InlineData("demo", "geneval", "--set", "replicates=2147483647")]
    public async Task A_number_beyond_all_use_is_refused_by_its_bounds(params string[] args)
    {
        using var folder = new TemporaryFolder();
        var run = await InProcess.RunAsync(args[0] == "prompts" ? args : [.. args, "--data", folder.At("data")]);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(args[^2] == "--set" ? args[^1].Split('=')[0] : args[^2], run.Error, StringComparison.Ordinal);
        Assert.Contains("expected ", run.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(folder.At("data")));
    }

    [Fact]
    public async Task Images_that_are_gone_are_counted_and_no_link_leads_nowhere()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        Assert.Equal(0, (await ledger.RunAsync(SmallSweeps.Command("--limit", "1"))).ExitCode);
        Directory.Delete(Path.Combine(ledger.Path, "artifacts"), recursive: true);
        Directory.Delete(Path.Combine(ledger.Path, "images"), recursive: true);
        var again = await ledger.RunAsync(SmallSweeps.Command("--limit", "1"));
        Assert.Equal(4, again.ExitCode);
        Assert.Matches("[1-9][0-9]* images of the sweep are gone from .*/artifacts: restore them", again.Error);
        Assert.Empty(Directory.GetFiles(Path.Combine(ledger.Path, "images"), "*.png", SearchOption.AllDirectories));
        var export = await ledger.RunAsync("export", "geneval", "small", Path.Combine(ledger.Path, "out"));
        Assert.Equal(4, export.ExitCode);
        Assert.Contains("Restore it from a copy", export.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(ledger.Path, "out")));
    }

    [Fact]
    public async Task Arms_that_were_scored_elsewhere_are_not_compared_as_if_one_had_scored_both()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        foreach (var arm in new[] { "first", "second" })
            folder.Write($"{arm}.csv", "prompt,attempt,correct\na photo of a bench,0,true\na photo of a cow,0,false\n");
        await ledger.RunAsync("import", "csv", folder.At("first.csv"), folder.At("second.csv"), "--name", "both");
        var compare = await ledger.RunAsync("compare", "both/first", "both/second", "--allow", "incomplete");
        Assert.Equal((1, ""), (compare.ExitCode, compare.Out));
        Assert.Contains("scored an arm that was run elsewhere is not recorded", compare.Error, StringComparison.Ordinal);
        Assert.Contains("--allow scorer --allow thresholds", compare.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reflectdit import geneval --help shows", "import", "geneval")]
    [InlineData("reflectdit db --help shows", "db", "--nothing")]
    [InlineData("reflectdit --help shows", "nothing")]
    public async Task A_hint_names_a_command_that_is_there(string hint, params string[] args)
    {
        Assert.Contains(hint, (await InProcess.RunAsync(args)).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the parameter 'sslmod' of the URI is not known", "postgresql://me:pass-word@host/db?sslmod=require")]
    [InlineData("the URI does not name a host", "postgres:///db")]
    [InlineData("it does not name a Host", "Username=me;Password=pass-word")]
    [InlineData("dbname", "host=localhost dbname=x password=pass-word")]
    public async Task A_database_that_is_none_is_refused_with_the_right_form_and_without_its_password(string message, string database)
    {
        var run = await InProcess.RunAsync(["status", "--database", database]);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("--database: expected an Npgsql connection string, such as Host=", run.Error, StringComparison.Ordinal);
        Assert.Contains(message, run.Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("pass-word", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_uri_is_the_database_that_it_names()
    {
        var address = new NpgsqlConnectionStringBuilder(await sweeps.AtOnce.AddressAsync());
        foreach (var uri in new[]
        {
            $"postgresql://{address.Username}@{Uri.EscapeDataString(address.Host!)}/{address.Database}?sslmode=disable",
            $"postgres:///{address.Database}?host={Uri.EscapeDataString(address.Host!)}&user={address.Username}&sslmode=disable",
        })
        {
            var status = await InProcess.RunAsync(["status", "--database", uri]);
            Assert.Equal((0, ""), (status.ExitCode, status.Error));
            Assert.Contains("small  ", status.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Images_of_another_ledger_are_never_taken_for_this_ones()
    {
        var (mine, other) = (sweeps.AtOnce, sweeps.InParts);
        using var empty = new TemporaryFolder();
        var database = await mine.AddressAsync();
        foreach (var command in new[]
        {
            new[] { "report", "small" }, ["status"], ["compare", "small"], SmallSweeps.Command("--limit", "1"), ["db", "prune"], ["worker"],
            ["export", "geneval", "small", empty.At("out")],
        })
        {
            foreach (var folder in new[] { other.Path, empty.At("data") })
            {
                var run = await InProcess.RunAsync([.. command, "--data", folder, "--database", database]);
                Assert.Equal((4, ""), (run.ExitCode, run.Out));
                Assert.Contains(folder, run.Error, StringComparison.Ordinal);
                Assert.Contains(mine.Path, run.Error, StringComparison.Ordinal);
            }
        }

        Assert.Empty(empty.Files);
        Assert.False(Path.Exists(empty.At("data")));

        // To look needs no images, unless they were named; and what belongs together may lie elsewhere.
        var link = Directory.CreateSymbolicLink(empty.At("mounted"), mine.Path).FullName;
        Assert.Equal(0, (await InProcess.RunAsync(["report", "small", "--data", link, "--database", database])).ExitCode);
        var apart = await InProcess.RunAsync(["status", "--data", mine.Path]);
        Assert.Equal((0, 1), (apart.ExitCode, (await InProcess.RunAsync(["report", "small", "--data", mine.Path])).ExitCode));
        var second = await InProcess.RunAsync([.. SmallSweeps.Command("--limit", "1"), "--data", mine.Path]);
        Assert.Equal(4, second.ExitCode);
        Assert.Contains("holds the images of a ledger in another database", second.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(mine.Path, "postgres")));
    }

    [Fact]
    public async Task Commands_that_read_make_no_server_no_table_and_no_folder()
    {
        using var folder = new TemporaryFolder();
        var nothing = await InProcess.RunAsync(["status", "--data", folder.At("none")]);
        Assert.Equal((0, ""), (nothing.ExitCode, nothing.Error));
        Assert.StartsWith("The ledger holds no sweeps yet", nothing.Out, StringComparison.Ordinal);
        var database = await sweeps.Server.CreateDatabaseAsync();
        foreach (var command in new[]
        {
            new[] { "report", "x" }, ["compare", "x"], ["curve", "x"], ["export", "csv", "x", folder.At("out")], ["ctl", "pause", "x"], ["db", "prune"],
        })
        {
            foreach (var where in new[] { Array.Empty<string>(), ["--database", database] })
            {
                var run = await InProcess.RunAsync([.. command, "--data", folder.At("none"), .. where]);
                Assert.Equal((1, ""), (run.ExitCode, run.Out));
                Assert.Contains("There is no ledger in ", run.Error, StringComparison.Ordinal);
            }
        }

        Assert.Contains("ok      the database given: reached", (await InProcess.RunAsync(["doctor", "--database", database])).Out, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
        await using var source = NpgsqlDataSource.Create(database);
        await using var schemas = source.CreateCommand("SELECT count(*) FROM pg_namespace WHERE nspname = 'reflectdit'");
        Assert.Equal(0L, await schemas.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Whoever_may_only_select_can_look_at_everything_and_is_told_what_else_it_needs()
    {
        var database = await sweeps.AtOnce.AddressAsync();
        await using (var source = NpgsqlDataSource.Create(database))
        {
            await using var make = source.CreateCommand(
                "CREATE ROLE looker; GRANT USAGE ON SCHEMA reflectdit TO looker; GRANT SELECT ON ALL TABLES IN SCHEMA reflectdit TO looker; CREATE ROLE stranger");
            await make.ExecuteNonQueryAsync();
        }

        using var folder = new TemporaryFolder();
        string[] looker = ["--database", $"{database};Options=-c role=looker -c default_transaction_read_only=on"];
        foreach (var command in new[]
        {
            new[] { "status", "--detail", "--data", sweeps.AtOnce.Path }, ["report", "small"], ["curve", "small"], ["export", "csv", "small", folder.At("out")],
        })
        {
            var run = await InProcess.RunAsync([.. command, .. looker]);
            Assert.True(run.ExitCode == 0, run.Error);
        }

        var pause = await InProcess.RunAsync(["ctl", "pause", "small", .. looker]);
        var stranger = await InProcess.RunAsync(["status", "--database", $"{database};Options=-c role=stranger"]);
        Assert.All(new[] { pause, stranger }, run =>
        {
            Assert.Equal((4, ""), (run.ExitCode, run.Out));
            Assert.DoesNotContain("fault of the program", run.Error, StringComparison.Ordinal);
        });
        Assert.Contains("USAGE on its schema reflectdit", stranger.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_cannot_hold_every_prompt_is_refused_before_anything_is_written()
    {
        var utf8 = await sweeps.Server.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(utf8);
        await using var make = source.CreateCommand("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        await make.ExecuteNonQueryAsync();
        var latin = new NpgsqlConnectionStringBuilder(utf8) { Database = "latin" }.ConnectionString;
        var run = await InProcess.RunAsync(["demo", "geneval", "--limit", "1", "--database", latin]);
        Assert.Equal((4, ""), (run.ExitCode, run.Out));
        Assert.Contains("has the encoding LATIN1", run.Error, StringComparison.Ordinal);
        Assert.Contains("ENCODING 'UTF8' TEMPLATE template0", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_arm_has_a_folder_of_its_own_whatever_it_is_called()
    {
        using var folder = new TemporaryFolder();
        var longest = new string('反', 200);
        foreach (var (first, second, folders) in new[]
        {
            ("a/b", "a_b", new[] { "a_b", "a_b-2" }),
            ("..", "基线", ["_.", "基线"]),
            ("X-replicate-1", longest, ["X-replicate-1", longest[..33]]),
        })
        {
            await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
            var run = await ledger.RunAsync(SmallSweeps.Command("--limit", "1", "--set", $"arms.0.name={first}", "--set", $"arms.1.name={second}"));
            Assert.True(run.ExitCode == 0, run.Error);
            Assert.Equal(folders, Names(Directory.GetDirectories(Path.Combine(ledger.Path, "images")).Single()));
            Assert.Equal(2, (await ledger.RunAsync("export", "reflect-dit", "small", folder.At(folders[0]))).ExitCode);
            Assert.Equal(folders, Names(folder.At(folders[0])));
        }

        static string[] Names(string folder) => [.. Directory.GetDirectories(folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_used_is_named_with_what_to_do()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        await File.WriteAllTextAsync(Path.Combine(ledger.Path, "artifacts"), "in the way");
        var run = await ledger.RunAsync(SmallSweeps.Command("--limit", "1"));
        Assert.Equal((4, ""), (run.ExitCode, run.Out));
        Assert.Contains(Path.Combine(ledger.Path, "artifacts"), run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("fault of the program", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_says_complete_of_what_is()
    {
        var status = await sweeps.AtOnce.RunAsync("status");
        Assert.Matches("^small  [0-9a-f]{8}  complete  since ", status.Out);
    }

    [Fact]
    public async Task Nothing_to_score_and_a_part_of_the_benchmark_do_not_end_with_0()
    {
        using var folder = new TemporaryFolder();
        var score = await InProcess.RunAsync(["score", "--detections", folder.Write("none.jsonl", ""), "--out", folder.At("out.jsonl")]);
        Assert.Equal((1, ""), (score.ExitCode, score.Out));
        Assert.Contains("none.jsonl: no cases", score.Error, StringComparison.Ordinal);
        Assert.Equal(["none.jsonl"], folder.Files);
    }

    [Theory]
    [InlineData("/dev/zero:1: more than 16777216 characters without a line end", "score", "--out", "-", "--detections", "/dev/zero")]
    [InlineData("/dev/zero: it is a device, not a file", "plan", "SWEEP", "--prices", "/dev/zero")]
    [InlineData("/dev/zero: cannot be read: it is a device", "run", "/dev/zero")]
    [InlineData("/dev/zero: cannot be read: it is a device", "import", "csv", "/dev/zero")]
    [InlineData("/tmp: cannot be read: it is a folder", "import", "csv", "/tmp")]
    public async Task A_file_without_line_or_end_is_not_read_for_ever(string message, params string[] args)
    {
        var run = await InProcess.RunAsync(args);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_standard_error_that_takes_nothing_changes_no_exit_code()
    {
        await using var run = await RunningCli.StartAsync(["summary", "absent"], within: ["sh", "-c", "exec \"$@\" 2>/dev/full", "sh"]);
        Assert.Equal(1, (await run.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_signal_leaves_no_part_of_a_file()
    {
        using var folder = new TemporaryFolder();
        using var pipe = Process.Start("mkfifo", [folder.At("pipe")]);
        await pipe.WaitForExitAsync();
        foreach (var (signal, status) in new[] { ("TERM", 143), ("INT", 130), ("HUP", 129) })
        {
            await using var score = await RunningCli.StartAsync(["score", "--detections", folder.At("pipe"), "--out", folder.At("out.jsonl")]);
            for (var waited = Stopwatch.StartNew(); folder.Files.Count() == 1 && waited.Elapsed < LedgerFolder.Patience; await Task.Delay(20))
            {
                // It makes its file first.
            }

            score.Signal(signal);
            Assert.Equal(status, (await score.EndAsync()).ExitCode);
            Assert.Equal(["pipe"], folder.Files);
        }
    }

    [Fact]
    public async Task A_terminal_that_goes_lets_a_run_finish_what_is_in_flight()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        await ledger.SlowWritesAsync();
        await using var run = await ledger.StartAsync(SmallSweeps.Command());
        await ledger.ReachAttemptsAsync(1, run);
        run.Signal("HUP");
        var ended = await run.EndAsync();
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("Stopping: the attempts in flight are finished.", ended.Error, StringComparison.Ordinal);
    }
}
