using System.Diagnostics;
using ReflectDiT.Eval.Cli.Tests.Chaos;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>Whatever happens to a run, its rows and images end up as those of a run that nothing happened to.</summary>
public sealed class ExactResumeTests(UndisturbedRun undisturbed) : IClassFixture<UndisturbedRun>
{
    private static readonly string[] Sweep = [.. UndisturbedRun.Sweep, "--concurrency", "3"];

    [Fact]
    public async Task A_run_killed_again_and_again_and_resumed_each_time_records_what_an_undisturbed_one_does()
    {
        await using var ledger = LedgerFolder.Private();
        int server;
        await using (var first = await ledger.StartAsync(Sweep))
        {
            server = await ledger.ServerAsync();
            await KillAsync(first);
        }

        await ledger.SlowWritesAsync();
        var written = new List<int> { 0 };
        while (written.Count < ChaosSweep.Kills)
        {
            // Half is left, so that no run ends before its kill, however late that comes.
            var ahead = undisturbed.Attempts / 2 - written[^1];
            await using var run = await ledger.StartAsync(Sweep);
            await ledger.ReachAttemptsAsync(written[^1] + Math.Max(1, ahead / (ChaosSweep.Kills - written.Count)), run);
            await KillAsync(run);
            written.Add(await ledger.CheckImagesAsync());
        }

        Assert.True(written[^1] < undisturbed.Attempts);
        await AssertEndsAsUndisturbedAsync(ledger, await ledger.RunAsync(Sweep));
        Assert.Equal(server, await ledger.ServerAsync());
    }

    [Fact]
    public async Task One_chain_at_a_time_records_what_eight_do()
    {
        await using var ledger = await LedgerFolder.InAsync(undisturbed.Server);
        await AssertEndsAsUndisturbedAsync(
            ledger, await ledger.RunAsync([.. UndisturbedRun.Sweep, "--concurrency", "1"]));
    }

    [Fact]
    public async Task A_run_whose_private_server_is_killed_again_and_again_goes_on_by_itself()
    {
        await using var ledger = LedgerFolder.Private();
        await using var run = await ledger.StartAsync(Sweep);
        for (var kill = 1; kill <= 3; kill++)
        {
            var server = await ledger.ServerAsync();
            await ledger.ReachAttemptsAsync(undisturbed.Attempts * kill / 4, run);
            using var process = Process.GetProcessById(server);
            process.Kill(entireProcessTree: false);
            await process.WaitForExitAsync();
        }

        await AssertEndsAsUndisturbedAsync(ledger, await run.EndAsync());
    }

    [Fact]
    public async Task A_transaction_that_outlives_its_killed_run_counts_once()
    {
        await using var ledger = await LedgerFolder.InAsync(undisturbed.Server);
        await ledger.SlowWritesAsync();
        await using var killed = await ledger.StartAsync(Sweep);
        await ledger.ReachAttemptsAsync(undisturbed.Attempts / 2, killed);
        await using var hold = await ledger.HoldWritesAsync();
        await ledger.ReachWaitingAsync(1, killed);
        await KillAsync(killed);

        // The database still works on what the killed run sent last; its successor waits for that, then takes over.
        await using var successor = await ledger.StartAsync(Sweep);
        await ledger.ReachWaitingAsync(2, successor);
        await hold.DisposeAsync();

        await AssertEndsAsUndisturbedAsync(ledger, await successor.EndAsync());
    }

    private static async Task KillAsync(RunningCli run)
    {
        run.Kill();
        Assert.Equal(128 + 9, (await run.EndAsync()).ExitCode);
    }

    private async Task AssertEndsAsUndisturbedAsync(LedgerFolder ledger, CliProcess run)
    {
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(undisturbed.Report, run.Out);
        Assert.Equal(undisturbed.Rows, await ledger.DumpAsync());
        Assert.Equal(undisturbed.Attempts, await ledger.CheckImagesAsync());
    }
}
