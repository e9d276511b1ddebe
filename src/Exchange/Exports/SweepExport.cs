using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Exchange.Exports;

/// <summary>A sweep's finished chains with all that is recorded of them.</summary>
public sealed record SweepExport(SweepResults Results, IReadOnlyList<ExportedArm> Arms, ArtifactStore Artifacts)
{
    public required SweepConfiguration Configuration { get; init; }

    /// <summary>Chains of the sweep that did not finish: they are in no export.</summary>
    public int LeftOut => Results.Arms.Sum(a => a.Failed + a.Open + a.Unscored);

    public static async Task<SweepExport> LoadAsync(
        LedgerSession session, SweepRow sweep, CancellationToken cancellation)
    {
        var results = await SweepResultsQuery.LoadAsync(session, sweep, BenchmarkCatalog.Open, cancellation);
        await using var ledger = new LedgerContext(session.Source);
        var prompts = await ledger.Prompts.Where(p => p.SweepId == sweep.Id).OrderBy(p => p.Index)
            .ToListAsync(cancellation);
        var done = ledger.Chains.Where(c => c.SweepId == sweep.Id && c.State == ChainState.Done);
        var attempts = (await done.Join(ledger.Attempts, c => c.Id, a => a.ChainId, (_, a) => a)
            .ToListAsync(cancellation))
            .ToLookup(a => a.ChainId);
        var scores = (await done.Join(
            ledger.Scores.Where(s => s.ScorerId == sweep.ScorerId), c => c.Id, s => s.ChainId, (_, s) => s)
            .ToListAsync(cancellation)).ToDictionary(s => (s.ChainId, s.Attempt));
        var contexts = (await done.Join(ledger.ContextItems, c => c.Id, i => i.ChainId, (_, i) => i)
            .ToListAsync(cancellation))
            .ToLookup(i => (i.ChainId, i.Attempt));
        return new(results, [.. results.Arms.Select((arm, index) => new ExportedArm(arm, [.. arm.Chains.Select(chain =>
        {
            var id = Identity.OfChain(sweep.Id, index, chain.Prompt, chain.Replicate);
            return new ExportedChain(
                prompts[chain.Prompt], chain, [.. attempts[id].OrderBy(a => a.Index).Select(a =>
                new ExportedAttempt(
                    a,
                    scores.GetValueOrDefault((id, a.Index)) is { } s ? new(s.Value, s.Passed, s.Reason, s.Evidence) : null,
                    [.. contexts[(id, a.Index)].OrderBy(i => i.Position).Select(i =>
                        (i.SourceAttempt, i.Source == "scorer" ? FeedbackSource.Scorer : FeedbackSource.Judge))]))]);
        })]))], session.Artifacts)
        {
            Configuration = SweepConfiguration.FromJson(sweep.Configuration),
        };
    }
}

/// <param name="Chains">In the order of the results.</param>
public sealed record ExportedArm(ArmResults Arm, IReadOnlyList<ExportedChain> Chains);

public sealed record ExportedChain(PromptRow Prompt, ChainResult Result, IReadOnlyList<ExportedAttempt> Attempts);

/// <param name="Score">Null where the sweep has no scorer.</param>
public sealed record ExportedAttempt(
    AttemptRow Row, Score? Score, IReadOnlyList<(int Attempt, FeedbackSource Source)> Context);
