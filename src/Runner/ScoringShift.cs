using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner.Telemetry;

namespace ReflectDiT.Eval.Runner;

/// <summary>
/// What a worker scores during a shift: drawings that it claims in batches, a second one while the first is with the model,
/// so that the model need not wait for the ledger. Each batch is written in one statement.
/// </summary>
internal sealed class ScoringShift(
    LedgerSession ledger,
    int worker,
    WorkerOptions options,
    Func<Guid, Guid, Task<SweepSetup?>> sweeps,
    ServedModels models,
    RunProgress progress,
    WakeUp wake,
    ILogger log) : IAsyncDisposable
{
    private readonly Dictionary<Task, int> _batches = [];
    private readonly CancellationTokenSource _abort = new();

    public int Running => _batches.Values.Sum();

    /// <summary>Forgets the batches that have ended; a fault of one is thrown.</summary>
    public async Task SettleAsync()
    {
        foreach (var batch in _batches.Keys.Where(b => b.IsCompleted).ToList())
        {
            _batches.Remove(batch);
            progress.Scoring = Running;
            await batch;
        }
    }

    /// <summary>Begins more, where there is room for half of what it may score at once.</summary>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> ClaimAsync(CancellationToken stop, CancellationToken turn)
    {
        var more = true;
        for (var begun = true; begun && Room > 0 && !stop.IsCancellationRequested;)
        {
            begun = false;
            foreach (var (scope, most) in Offered())
            {
                var claimed = await ledger.Scorings.ClaimAsync(worker, scope, Math.Min(Room, most), turn);
                options.Gate?.Take(scope.Sweep, claimed.Count);
                more = claimed.Count > 0;
                if (more)
                {
                    _batches.Add(Task.Run(() => ScoreAsync(claimed, stop)), claimed.Count);
                    progress.Scoring = Running;
                    begun = true;
                }
            }
        }

        return more;
    }

    /// <summary>Waits for what is at work, which is told to end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _abort.CancelAsync();
        foreach (var batch in _batches.Keys)
        {
            await Task.WhenAny(batch); // its fault, if any, has been told by the first that failed
        }

        _batches.Clear();
        progress.Scoring = 0;
        _abort.Dispose();
    }

    private int Room
    {
        get
        {
            var batch = (options.ScoringSlots + 1) / 2;
            return options.ScoringSlots - Running >= batch ? batch : 0;
        }
    }

    private IEnumerable<(WorkScope Scope, int Most)> Offered()
    {
        var scope = options.Scope with { Parked = [.. progress.Parked.Keys] };
        return options.Gate is { } gate
            ? gate.ToScore.Select(o => (scope with { Sweep = o.Sweep }, o.Most)).TakeWhile(_ => Room > 0)
            : [(scope, int.MaxValue)];
    }

    private async Task ScoreAsync(IReadOnlyList<OpenScoring> claimed, CancellationToken stop)
    {
        try
        {
            var scores = await Task.WhenAll(claimed.Select(s => ScoreAsync(s, stop)));
            List<(OpenScoring Of, Score Score)> scored = [.. claimed.Zip(scores).Where(s => s.Second is not null).Select(s => (s.First, s.Second!))];
            await WriteAsync(scored);
        }
        finally
        {
            wake.Nudge();
        }
    }

    /// <summary>Writes them whole; where the database refuses, each alone, so that one that it does not take is no other's fault.</summary>
    private async Task WriteAsync(List<(OpenScoring Of, Score Score)> scored)
    {
        try
        {
            if (scored.Count > 0 && await ledger.Scorings.EndAsync(scored) is var written && written < scored.Count)
            {
                WorkerMetrics.WriteFenced();
                log.ScoresLost(scored.Count - written, worker);
            }
        }
        catch (Exception e) when (ChainRunner.IsOfOne(e))
        {
            if (scored.Count == 1)
            {
                await FailAsync(scored[0].Of, e);
                return;
            }

            foreach (var alone in scored)
            {
                await WriteAsync([alone]);
            }
        }
    }

    private Task<bool> FailAsync(OpenScoring scoring, Exception e)
    {
        var reason = ChainRunner.Reason(e, "score");
        log.ScoringFailed(scoring.Drawing, scoring.Sweep, scoring.Prompt, reason);
        return ledger.Scorings.FailAsync(scoring, reason);
    }

    /// <returns>Null where it was given back, or has failed.</returns>
    private async Task<Score?> ScoreAsync(OpenScoring scoring, CancellationToken stop)
    {
        try
        {
            if (await sweeps(scoring.Sweep, scoring.Scorer) is { } sweep
                && await models.AreReadyAsync(sweep, [sweep.Scorings[scoring.Scorer].Model], scoring.Scorer, stop))
            {
                return await ScoreAsync(sweep, scoring);
            }

            await ledger.Scorings.ReleaseAsync(scoring);
        }
        catch (ModelUnavailableException e) when (!options.EndsWhenDone)
        {
            var parked = new ParkedWork(scoring.Sweep, Scorer: scoring.Scorer);
            if (progress.Park(parked, e.Message, again: true))
            {
                log.ScorerParked(scoring.Scorer, scoring.Sweep, e.Message);
            }

            await ledger.Scorings.ReleaseAsync(scoring);
        }
        catch (Exception e) when (ChainRunner.IsOfOne(e))
        {
            await FailAsync(scoring, e);
        }

        return null;
    }

    private async Task<Score> ScoreAsync(SweepSetup sweep, OpenScoring scoring)
    {
        var by = sweep.Scorings[scoring.Scorer];
        var prompt = sweep.Plan.Prompts[scoring.Prompt].Text;
        var seed = new Seeds(sweep.Plan.Seed, prompt, scoring.Replicate).Scorer(scoring.Attempt);
        var image = await ledger.Artifacts.ReadAsync(scoring.Image, _abort.Token);
        return (await WorkerMetrics.MeasureAsync(Stage.Score, scoring.Attempt, () => new ModelCalls(sweep.Calls).CallAsync(
            $"{by.Role}, attempt {scoring.Attempt} of \"{prompt}\"",
            by.Model.Named.Placement.Timeout,
            (time, token) => by.AskAsync((scoring.Prompt, prompt), image, seed, ledger.Answers, time, token),
            failure =>
            {
                WorkerMetrics.Retried(Stage.Score);
                log.ScoringRetried(scoring.Drawing, failure.Message);
            },
            _abort.Token),
            scoring.Chain)).Answer;
    }
}
