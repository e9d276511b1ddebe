namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>What works on the chains of a ledger: silos, or processes of <c>demo</c> that share it by leases alone.</summary>
public abstract class ChaosHost
{
    public static ChaosHost Silos { get; } = new Worker();

    public static ChaosHost Runs { get; } = new Demo();

    /// <summary>Of a process that was told to stop before the end.</summary>
    public abstract int StoppedExitCode { get; }

    internal Task<RunningCli> StartAsync(LedgerFolder ledger, int slots) => StartAsync(ledger, slots, [], []);

    /// <param name="worker">Options that a worker alone has.</param>
    /// <param name="plan">Options of a run, which plans for itself.</param>
    internal abstract Task<RunningCli> StartAsync(LedgerFolder ledger, int slots, string[] worker, string[] plan);

    /// <summary>Waits until one that has started ends, when all is done.</summary>
    internal abstract Task EndAsync(LedgerFolder ledger, RunningCli process);

    private protected static async Task SucceedsAsync(RunningCli process)
    {
        var end = await process.EndAsync().WaitAsync(LedgerFolder.Patience);
        Assert.True(end.ExitCode == 0, end.Error);
    }

    private sealed class Worker : ChaosHost
    {
        public override int StoppedExitCode => 0;

        internal override Task<RunningCli> StartAsync(LedgerFolder ledger, int slots, string[] worker, string[] plan) =>
            ledger.StartAsync(["worker", "--slots", slots.ToString(), .. worker]);

        /// <summary>It waits for more work until it is told to stop.</summary>
        internal override async Task EndAsync(LedgerFolder ledger, RunningCli process)
        {
            // One that has only just been started does not hear the signal yet.
            await ledger.ReachAsync(1, $"SELECT count(*) FROM reflectdit.workers WHERE process = {process.Id}", process);
            process.Signal("TERM");
            await SucceedsAsync(process);
        }

        public override string ToString() => "silos";
    }

    private sealed class Demo : ChaosHost
    {
        public override int StoppedExitCode => 2;

        internal override Task<RunningCli> StartAsync(LedgerFolder ledger, int slots, string[] worker, string[] plan) =>
            ledger.StartAsync([.. ChaosSweep.Run, "--concurrency", slots.ToString(), .. plan]);

        /// <summary>It ends by itself.</summary>
        internal override Task EndAsync(LedgerFolder ledger, RunningCli process) => SucceedsAsync(process);

        public override string ToString() => "runs";
    }
}
