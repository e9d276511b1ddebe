using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>
/// The demo's sweep, with the trained networks that come with the program. What they draw and say may differ in its last bits
/// between processors, and with it a verdict: runs are compared with each other, on one machine.
/// </summary>
public sealed class ShapesSweepTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly string Shapes = Path.Combine(AppContext.BaseDirectory, "benchmarks", "shapes");

    /// <summary>Of libtorch: several processes of several threads each would only wait for each other.</summary>
    private static readonly string[] OneThread = ["env", "OMP_NUM_THREADS=1"];

    [Fact]
    public async Task What_is_killed_and_resumed_by_three_workers_ends_as_one_undisturbed_process()
    {
        string[] sweep = [Path.Combine(Shapes, "sweeps", "demo.yaml"), "--set", "benchmark.per_task=4",
            .. Enumerable.Range(0, 3).SelectMany(arm => new[] { "--set", $"arms.{arm}.strategy.n=2" })];
        await using var undisturbed = await LedgerFolder.InAsync(server);
        var run = await (await undisturbed.StartWithinAsync(OneThread, ["run", .. sweep])).EndAsync();
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.DoesNotContain("SIMULATED", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Equal(3, run.Out.Split("Verdict: ").Length - 1);

        await using var ledger = await LedgerFolder.InAsync(server);
        var planned = await ledger.RunAsync(["run", .. sweep, "--detach"]);
        Assert.True(planned.ExitCode == 0, planned.Error);
        await using (var killed = await ledger.StartWithinAsync(
            OneThread, "worker", "--slots", "4", "--lease", "3", "--arms", "best-of-12", "--arms", "reflexion"))
        {
            await ledger.ReachAttemptsAsync(20, killed);
            killed.Kill();
            Assert.Contains(
                "No sweep of this ledger has an arm 'reflexion' yet: this worker waits for one. Its arms are best-of-12, best-of-12, tuned, reflection.",
                (await killed.EndAsync()).Error, StringComparison.Ordinal);
        }

        Assert.True(await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.chains WHERE state = 'open'") > 0);
        var workers = new List<RunningCli>();
        for (var i = 0; i < 3; i++)
            workers.Add(await ledger.StartWithinAsync(OneThread, "worker", "--slots", "8"));
        await ledger.ReachAsync(
            3 * 24, "SELECT count(*) FROM reflectdit.chains WHERE state = 'done' AND NOT EXISTS (SELECT FROM reflectdit.scorings)", workers[0]);
        Assert.Equal(await undisturbed.NetworkRowsAsync(), await ledger.NetworkRowsAsync());
        Assert.Equal(await undisturbed.CheckImagesAsync(), await ledger.CheckImagesAsync());
        foreach (var worker in workers)
        {
            worker.Signal("TERM");
            Assert.Equal(0, (await worker.EndAsync()).ExitCode);
            await worker.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("judge")]
    public async Task Every_key_of_the_weights_is_known(string folder)
    {
        var check = await InProcess.RunAsync(["models", "check", Path.Combine(Shapes, "weights", folder)]);
        Assert.True(check.ExitCode == 0, check.Error + check.Out);
    }
}
