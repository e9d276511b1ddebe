using Npgsql;
using ReflectDiT.Eval.Core.GenEval;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models;
using ReflectDiT.Eval.Runner.Sweeps;

namespace ReflectDiT.Eval.Runner;

/// <summary>Everything that a sweep is run with.</summary>
/// <param name="Arms">In the order of the plan.</param>
public sealed record SweepSetup(
    SweepPlan Plan,
    IReadOnlyList<PromptMetadata> Prompts,
    IReadOnlyList<ArmModels> Arms,
    IDetector Detector,
    ScoringOptions Scoring,
    CallSettings Calls);

/// <summary>Runs the chains of a sweep in this process, many at once, until all are done or it is told to stop.</summary>
public sealed class SweepRunner(LedgerSession ledger, SweepSetup sweep)
{
    /// <summary>
    /// Plans the sweep if it is new, and finishes its chains of <paramref name="prompts"/>. When the database goes
    /// away in between, it is brought back or waited for, and the run goes on from what is durable.
    /// </summary>
    /// <param name="stop">Ends the run cleanly: attempts in flight are finished, none is begun.</param>
    public async Task RunAsync(
        IReadOnlyCollection<int> prompts, int concurrency, RunProgress progress, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await RunOnceAsync(prompts, concurrency, progress, stop);
                return;
            }
            catch (Exception e) when (LedgerSession.IsOutage(e))
            {
                await ledger.RecoverAsync(e, stop);
            }
            catch (PostgresException e) when (e.SqlState == AttemptWriter.StaleEpoch)
            {
                throw new LedgerException(
                    $"Another process has taken sweep {sweep.Plan.Name} over. What this one recorded before is kept.", e);
            }
        }
    }

    private async Task RunOnceAsync(
        IReadOnlyCollection<int> prompts, int concurrency, RunProgress progress, CancellationToken stop)
    {
        await ledger.Sweeps.PlanAsync(sweep.Plan, stop);
        await using var hold = await SweepHold.TakeAsync(ledger.Source, sweep.Plan, prompts, stop);
        await using var writer = new AttemptWriter(ledger.Source, ledger.Artifacts, sweep.Plan.Scorer.Id);
        var total = prompts.Count * sweep.Arms.Count * sweep.Plan.Replicates;
        progress.Start(total, total - hold.Chains.Count);
        var chains = new ChainRunner(
            sweep.Plan.Seed, sweep.Scoring, sweep.Detector, new(sweep.Calls), writer, ledger.Artifacts, progress);
        await Parallel.ForEachAsync(
            hold.Chains,
            new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = CancellationToken.None },
            async (chain, abort) =>
                await chains.RunAsync(chain, sweep.Prompts[chain.Prompt], sweep.Arms[chain.Arm], stop, abort));
    }
}
