using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>Processes come, are killed, and others come.</summary>
public sealed class KillTests(ChaosSweep sweep, ITestOutputHelper output) : ChaosTests(sweep, output)
{
    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Processes_that_are_killed_at_random_are_replaced_by_others(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync(); // a run ends with its sweep, and cannot be killed then
        var workers = await StartAsync(ledger, host, 3, slots: 4);
        var random = new NumpyRandom((UInt128)ChaosSweep.Seed);
        for (var kill = 1; kill <= ChaosSweep.Kills; kill++)
        {
            await ledger.ReachAttemptsAsync(Sweep.Attempts * kill / (ChaosSweep.Kills + 2), workers[0]);
            var victim = random.NextInt(workers.Count);
            workers[victim].Kill();
            await workers[victim].EndAsync();
            workers[victim] = await host.StartAsync(ledger, slots: 4);
        }

        await Sweep.ReachEndAsync(ledger, workers[0]);
        await EndAsync(ledger, host, workers);
    }

    [Fact]
    public async Task Workers_of_one_role_are_killed_at_work_and_others_of_that_role_go_on()
    {
        await using var ledger = await LedgerFolder.InAsync(Sweep.Server);
        using var folder = new TemporaryFolder();
        await ChaosSweep.PlanAsync(ledger);
        var workers = new List<RunningCli>();
        foreach (var (role, model, held) in new[]
        {
            ("generate", "generator", "chains"), ("judge", "judge", "chains"), ("score", "detector", "scorings"),
        })
        {
            string[] slowly = ["--models", folder.Write($"{role}.yaml", $"{model}: {{batch_seconds: 1}}\n")];
            await using var victim = await ledger.StartAsync(["worker", "--roles", role, "--slots", "8", .. slowly]);
            await ledger.ReachAsync(
                4,
                $"SELECT count(*) FROM reflectdit.{held} q JOIN reflectdit.workers w ON w.number = q.worker WHERE w.process = {victim.Id}",
                victim);
            victim.Kill();
            await victim.EndAsync();
            workers.Add(await ledger.StartAsync("worker", "--roles", role));
        }

        await Sweep.ReachEndAsync(ledger, workers[^1]);
        await EndAsync(ledger, ChaosHost.Silos, workers);
    }
}
