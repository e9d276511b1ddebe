namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>Models that take long to load, and for each batch.</summary>
public sealed class SlowModelTests(ChaosSweep sweep, ITestOutputHelper output) : ChaosTests(sweep, output)
{
    /// <summary>
    /// Models that take longer to load than a lease lasts, and their time for a batch. What they are busy with is read
    /// where it is shown: a run has no page of metrics.
    /// </summary>
    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Models_that_are_slow_to_load_keep_their_chains_and_a_load_that_is_killed_is_repeated_by_others(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        var slow = ChaosSweep.SlowModel;
        string[] models = ["sana", "reflect-dit", "judge", "detector"];
        using var folder = new TemporaryFolder();
        var here = folder.Write("here.yaml", string.Concat(models.Select(m => $"{m}: {slow}\n")));
        string[] plan = [.. models.SelectMany(m => new[] { "--set", $"models.{m}.placement={slow}" })];
        async Task<(RunningCli Process, DevicePages? Pages)> StartAsync()
        {
            var port = LocalPort.Free();
            string[] worker = ["--lease", "6", "--models", here, "--health", $"{port}"];
            var process = await host.StartAsync(ledger, slots: 8, worker, plan);
            return (process, host == ChaosHost.Silos ? new(process, port) : null);
        }

        await ChaosSweep.PlanAsync(ledger);
        List<(RunningCli Process, DevicePages? Pages)> workers = [await StartAsync(), await StartAsync()];
        await ledger.ReachAsync(16, "SELECT count(*) FROM reflectdit.chains WHERE worker IS NOT NULL", workers[0].Process);
        // Who came last has just begun to load; the other may be done with it.
        var loading = await ledger.ScalarAsync("""
            SELECT min(process)::bigint FROM reflectdit.workers w
            WHERE 8 = (SELECT count(*) FROM reflectdit.chains c WHERE c.worker = w.number
                AND NOT EXISTS (SELECT FROM reflectdit.attempts a WHERE a.chain_id = c.id))
            """);
        var victim = workers.FindIndex(w => w.Process.Id == loading);
        workers[victim].Process.Kill();
        await workers[victim].Process.EndAsync();
        workers[victim] = await StartAsync();
        await Sweep.ReachEndAsync(ledger, workers[victim].Process, Sweep.SlowPatience);
        var loads = new List<int>();
        foreach (var pages in workers.Select(w => w.Pages).OfType<DevicePages>())
        {
            loads.Add(await pages.EndAsync(ChaosSweep.Batch));
            Output.WriteLine(pages.Seen);
        }

        if (host == ChaosHost.Silos)
            Assert.Contains(models.Length, loads);
        Assert.Equal(8, await EndAsync(ledger, host, [.. workers.Select(w => w.Process)])); // those that it held, and none of the other
    }
}
