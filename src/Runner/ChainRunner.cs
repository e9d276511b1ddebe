using Microsoft.Extensions.Logging;
using Npgsql;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner.Telemetry;

namespace ReflectDiT.Eval.Runner;

/// <summary>
/// Runs one chain from wherever it stands to its end, step by step. All attempts of a step are durable before the next step
/// begins. Its strategy is asked for every step from the first on, and what is there already is not drawn again: so a chain
/// that is killed goes on with the same attempts that it would have drawn. A worker that only draws, or only judges, goes as
/// far as it can and says whose turn it is.
/// </summary>
/// <param name="role">What is done here; null for all.</param>
internal sealed class ChainRunner(
    SweepSetup sweep, SharedFacts facts, AttemptWriter writer, ArtifactStore artifacts, AnswerStore answers, RunProgress progress, ChainRole? role, ILogger log)
{
    private readonly AttemptMaker _maker = new(sweep, facts, artifacts, answers, log);

    /// <param name="generator">The digest of the generator's weights; null where no worker has loaded it yet.</param>
    /// <param name="stop">Ends the chain early, between two attempts.</param>
    /// <param name="abort">Ends it at once.</param>
    public async Task<ChainLeft> RunAsync(OpenChain chain, string? generator, CancellationToken stop, CancellationToken abort)
    {
        var arm = sweep.Arms[chain.Arm];
        var run = new ChainRun(chain, sweep.Plan.Prompts[chain.Prompt].Text, arm, sweep.Plan.Seed);
        try
        {
            var at = new StepRest(IsWhole: true, Ended: false, Needs: null);
            var step = run.Next();
            for (var number = 0; step is Step.Draw draw; number++)
            {
                at = await StepAsync(run, number, draw.Proposals, generator, stop, abort);
                if (!at.IsWhole)
                {
                    return new(Ended: false, at.Needs);
                }

                step = run.Next();
            }

            if (!at.Ended)
            {
                await writer.EndAsync(chain.Id, chain.Epoch, ((Step.Stop)step).Shown);
            }

            WorkerMetrics.ChainEnded(failed: false);
        }
        catch (Exception e) when (IsOfOne(e))
        {
            await writer.FailAsync(chain.Id, chain.Epoch, Reason(e));
            WorkerMetrics.ChainEnded(failed: true);
            log.ChainFailed(
                chain.Id, chain.Sweep, sweep.Plan.Arms[chain.Arm].Name, chain.Prompt, chain.Replicate, Reason(e));
        }

        return new(Ended: true, Needs: null);
    }

    /// <summary>
    /// Draws what is missing of a step, no more at once than the generator takes into a batch. Each attempt is written when
    /// it is ready; one that is missing alone is written with the chain's end, if it is the last.
    /// </summary>
    private async Task<StepRest> StepAsync(
        ChainRun run, int number, IReadOnlyList<Proposal> proposals, string? generator, CancellationToken stop, CancellationToken abort)
    {
        var first = run.Begin(proposals);
        List<int> missing = [.. Enumerable.Range(0, proposals.Count).Where(place => !run.Has(first + place))];
        var ended = false;
        ChainRole? needs = null;
        await Parallel.ForEachAsync(
            missing,
            new ParallelOptions { MaxDegreeOfParallelism = run.Arm.Generator.Named.Model.Batch ?? 1 },
            async (place, failed) =>
            {
                if (stop.IsCancellationRequested || abort.IsCancellationRequested || failed.IsCancellationRequested)
                {
                    return;
                }

                var at = new AttemptPlace(number, place, first + place);
                NewAttempt attempt;
                do
                {
                    var drawing = generator is null
                        ? null
                        : await _maker.DrawAsync(run, at, proposals[place], generator, draws: role is not ChainRole.Judge, abort);
                    if (drawing is null || role is ChainRole.Generate)
                    {
                        needs = await LeaveAsync(drawing, at.Index);
                        return;
                    }

                    attempt = await _maker.JudgeAsync(run, at, proposals[place], drawing, abort);
                    run.Add(attempt);
                    attempt = attempt with { Ends = missing.Count == 1 ? (run.Next() as Step.Stop)?.Shown : null };
                }
                while (!await WriteAsync(attempt));
                ended = attempt.Ends is not null;
            });
        return new(run.IsWhole, ended, needs);
    }

    /// <summary>Makes durable what is drawn, for the one who judges it.</summary>
    /// <param name="drawing">Null where it is to be drawn.</param>
    private async Task<ChainRole> LeaveAsync(DrawingFact? drawing, int attempt)
    {
        if (drawing is null)
        {
            return ChainRole.Generate;
        }

        if (!drawing.IsStored)
        {
            await WorkerMetrics.MeasureAsync(Stage.Write, attempt, () => writer.KeepAsync(drawing));
            facts.Forget(drawing);
        }

        return ChainRole.Judge;
    }

    /// <summary>
    /// False for what would meet any other chain or scoring too (the database is away, the disk is full), or says that this
    /// one is not ours any more. All else is of this one alone, and no reason to end a worker.
    /// </summary>
    internal static bool IsOfOne(Exception error) =>
        error is not (OperationCanceledException or IOException or UnauthorizedAccessException or ModelUnavailableException
            or PostgresException { SqlState: AttemptWriter.StaleEpoch })
        && !LedgerSession.IsOutage(error);

    /// <param name="what">What the database was to take.</param>
    internal static string Reason(Exception error, string what = "attempt") => error switch
    {
        ModelCallException or LedgerException => error.Message,
        PostgresException e => $"the database does not take this {what}: {e.MessageText} ({e.SqlState})",
        _ => SystemFault.OfProgram(error),
    };

    /// <returns>False where the ledger has another result of the same work: the attempt is to be made again, with that one.</returns>
    private async Task<bool> WriteAsync(NewAttempt attempt)
    {
        try
        {
            await progress.AttemptedAsync(() => WorkerMetrics.MeasureAsync(
                Stage.Write, attempt.At.Index, () => writer.AppendAsync(attempt)));
        }
        catch (PostgresException e) when (e.SqlState == AttemptWriter.OtherFact && !attempt.IsOfTheLedger)
        {
            log.FactAdopted(attempt.Chain, attempt.At.Index);
            return false;
        }
        finally
        {
            facts.Forget(attempt);
        }

        return true;
    }

    /// <summary>How far a step came.</summary>
    /// <param name="IsWhole">All its attempts are there; else it was stopped, or somebody else goes on.</param>
    /// <param name="Ended">The chain's end is written with its last attempt.</param>
    private readonly record struct StepRest(bool IsWhole, bool Ended, ChainRole? Needs);
}

/// <summary>How a worker leaves a chain.</summary>
/// <param name="Ended">It is done, or has failed; else it is given back.</param>
/// <param name="Needs">Whose turn it is, where that is not this worker's.</param>
internal readonly record struct ChainLeft(bool Ended, ChainRole? Needs = null);
