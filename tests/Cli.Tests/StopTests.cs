using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>How commands that run until they are told to stop end.</summary>
[Collection(nameof(SmallSweeps))]
public sealed class StopTests(SmallSweeps sweeps)
{
    private const string Sessions =
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'reflectdit' AND datname = current_database() AND state = 'idle'
        """;

    [Fact]
    public async Task Watching_is_done_when_Ctrl_C_ends_it()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        await ledger.MakeTablesAsync();
        await using var watch = await ledger.StartAsync("status", "--watch");
        await ledger.ReachAsync(1, Sessions, watch);
        watch.Interrupt();

        var ended = await watch.EndAsync();
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
    }

    [Fact]
    public async Task A_command_that_Ctrl_C_ends_before_it_is_done_ends_with_130_and_leaves_nothing_half_done()
    {
        using var folder = new TemporaryFolder();
        folder.Write("table.csv", "prompt,attempt,correct\na photo of a bench,0,true\n");
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        await ledger.MakeTablesAsync();
        await using (await ledger.HoldWritesAsync())
        {
            await using var import = await ledger.StartAsync("import", "csv", folder.At("table.csv"));
            await ledger.ReachWaitingAsync(1, import);
            import.Interrupt();
            var ended = await import.EndAsync();
            Assert.Equal((130, ""), (ended.ExitCode, ended.Out));
        }

        Assert.Equal(0, await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.sweeps"));
    }

    [Fact]
    public async Task A_worker_told_to_stop_while_its_database_is_away_ends_with_0_and_says_what_it_left()
    {
        await using var ledger = LedgerFolder.Private();
        var address = await ledger.AddressAsync();
        await using var worker = await RunningCli.StartAsync(
            ["worker", "--data", ledger.Path, "--database", address]);
        await ledger.ReachAsync(1, "SELECT count(*) FROM reflectdit.workers", worker);
        await PrivateServer.StopAsync(ledger.Path);
        worker.Signal("TERM");

        var ended = await worker.EndAsync().WaitAsync(LedgerFolder.Patience); // its silo takes no longer leave
        Assert.Equal((0, ""), (ended.ExitCode, ended.Out));
        Assert.Matches("(Stopped|Drained) after 0 images", ended.Error);
    }
}
