using System.Diagnostics;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>The database goes away, and comes back.</summary>
public sealed class DatabaseTests(ChaosSweep sweep, ITestOutputHelper output) : ChaosTests(sweep, output)
{
    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_database_that_is_killed_and_comes_back_is_waited_for_by_all(string hosts)
    {
        var host = Host(hosts);
        await using var ledger = LedgerFolder.Private();
        await ChaosSweep.PlanAsync(ledger);
        await ledger.SlowWritesAsync();
        var workers = await StartAsync(ledger, host, 2, slots: 8);
        for (var kill = 1; kill <= 2; kill++)
        {
            await ledger.ReachAttemptsAsync(Sweep.Attempts * kill / 3, workers[0]);
            using var server = Process.GetProcessById(await ledger.ServerAsync());
            server.Kill();
            await server.WaitForExitAsync();
        }

        await Sweep.ReachEndAsync(ledger, workers[0]);
        await EndAsync(ledger, host, workers);
    }
}
