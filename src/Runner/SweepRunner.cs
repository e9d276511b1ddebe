using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>Plans a sweep and works on it in this process until it is done, beside whoever else works on it.</summary>
public sealed class SweepRunner(LedgerSession ledger, SweepSetup sweep)
{
    /// <summary>
    /// Plans the sweep if it is new, gives what failed another try, and draws and scores what is left of
    /// <paramref name="prompts"/>.
    /// </summary>
    /// <param name="stop">Ends the run cleanly: attempts in flight are finished, none is begun.</param>
    public async Task RunAsync(
        IReadOnlyList<int> prompts, int concurrency, RunProgress progress, CancellationToken stop)
    {
        var scope = new WorkScope(sweep.Plan.Id, prompts);
        await ledger.Sweeps.PlanAsync(sweep.Plan, stop);
        await ledger.Leases.RetryFailedAsync(scope, stop);
        await ledger.Scorings.RetryFailedAsync(scope, stop);
        var options = new WorkerOptions(concurrency, scope) { EndsWhenDone = true };
        await new Worker(ledger, (_, _) => Task.FromResult(sweep), options, progress).RunAsync(stop);
    }
}
