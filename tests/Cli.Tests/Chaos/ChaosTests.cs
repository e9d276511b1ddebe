namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>
/// Whatever happens to the workers of a ledger, its rows are those of one undisturbed process. The classes wait more than
/// they work, and do so at the same time.
/// </summary>
public abstract class ChaosTests(ChaosSweep sweep, ITestOutputHelper output) : IClassFixture<ChaosSweep>
{
    /// <summary>Harm that the two meet in ways of their own comes to both.</summary>
    public static TheoryData<string> Hosts => [ChaosHost.Silos.ToString()!, ChaosHost.Runs.ToString()!];

    protected ChaosSweep Sweep { get; } = sweep;

    protected ITestOutputHelper Output { get; } = output;

    protected static ChaosHost Host(string name) => name == ChaosHost.Silos.ToString() ? ChaosHost.Silos : ChaosHost.Runs;

    private protected static async Task<List<RunningCli>> StartAsync(LedgerFolder ledger, ChaosHost host, int processes, int slots)
    {
        var started = new List<RunningCli>();
        for (var i = 0; i < processes; i++)
            started.Add(await host.StartAsync(ledger, slots));
        return started;
    }

    /// <returns>How many chains were taken from a worker that had begun them.</returns>
    private protected async Task<long> EndAsync(LedgerFolder ledger, ChaosHost host, IReadOnlyList<RunningCli> workers)
    {
        foreach (var worker in workers)
            await host.EndAsync(ledger, worker);
        var again = await Sweep.AssertUndisturbedAsync(ledger);
        Output.WriteLine($"{again} chains were taken again after a worker had begun them");
        return again;
    }

    /// <summary>Another worker ends the sweep, with the chains of one that is silent.</summary>
    private protected async Task<RunningCli> TakeOverAsync(LedgerFolder ledger, params string[] options)
    {
        var other = await ledger.StartAsync(["worker", "--lease", "3", .. options]);
        await Sweep.ReachEndAsync(ledger, other);
        return other;
    }
}
