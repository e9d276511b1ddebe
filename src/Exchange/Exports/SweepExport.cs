using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using LedgerPrompt = ReflectDiT.Eval.Ledger.PromptRow;

namespace ReflectDiT.Eval.Exchange.Exports;

/// <summary>A sweep's finished chains with all that is recorded of them.</summary>
public sealed record SweepExport(SweepResults Results, IReadOnlyList<ExportedArm> Arms, ArtifactStore Artifacts)
{
    /// <summary>Chains of the sweep that did not finish: they are in no export.</summary>
    public int LeftOut => Results.Arms.Sum(a => a.Failed + a.Open);

    public static async Task<SweepExport> LoadAsync(
        LedgerSession session, SweepRow sweep, CancellationToken cancellation)
    {
        var configuration = SweepConfiguration.FromJson(sweep.Configuration);
        var benchmark = (GenEvalBenchmark)BenchmarkCatalog.Open(configuration.Benchmark);
        var results = await SweepResultsQuery.LoadAsync(session, sweep, BenchmarkCatalog.Open, cancellation);
        var scorer = PlannedScorer.Of(configuration).Id;
        await using var ledger = new LedgerContext(session.Source);
        var prompts = await ledger.Prompts.Where(p => p.SweepId == sweep.Id).OrderBy(p => p.Index)
            .ToListAsync(cancellation);
        var done = ledger.Chains.Where(c => c.SweepId == sweep.Id && c.State == ChainState.Done);
        var attempts = (await done.Join(ledger.Attempts, c => c.Id, a => a.ChainId, (_, a) => a)
            .ToListAsync(cancellation))
            .ToLookup(a => a.ChainId);
        var reasons = (await done.Join(
            ledger.Scores.Where(s => s.ScorerId == scorer), c => c.Id, s => s.ChainId, (_, s) => s)
            .ToListAsync(cancellation)).ToDictionary(s => (s.ChainId, s.Attempt), s => s.Reason);
        var detections = (await done.Join(
            ledger.Detections.Where(d => d.ScorerId == scorer), c => c.Id, d => d.ChainId, (_, d) => d)
                .ToListAsync(cancellation))
            .ToLookup(d => (d.ChainId, d.Attempt));
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
                    chain.Attempts[a.Index].Correct,
                    reasons[(id, a.Index)],
                    Kept([.. detections[(id, a.Index)].OrderBy(d => d.Index)], benchmark.Metadata[chain.Prompt],
                        configuration.Scorer.Options is { } options ? ScoringOptions.FromJson(options) : null),
                    [.. contexts[(id, a.Index)].OrderBy(i => i.Position).Select(i =>
                        (i.SourceAttempt, i.Source == "scorer" ? FeedbackSource.Scorer : FeedbackSource.Judge))]))]);
        })]))], session.Artifacts);
    }

    /// <summary>What the rules looked at; of scores made elsewhere that is all there is.</summary>
    private static List<(string Class, IReadOnlyList<DetectionRow> Boxes)> Kept(
        List<DetectionRow> detections, PromptMetadata prompt, ScoringOptions? options)
    {
        var classes = detections.GroupBy(d => d.Class).ToDictionary(g => g.Key, g => g.ToList());
        if (options is null)
        {
            return [.. classes.Select(c => (c.Key, (IReadOnlyList<DetectionRow>)c.Value))];
        }

        var score = GenEvalRules.Score(
            prompt,
            classes.ToDictionary(c => c.Key, c => (IReadOnlyList<Detection>)c.Value.ConvertAll(d =>
                new Detection(d.X1, d.Y1, d.X2, d.Y2, d.Score, d.Colour))),
            options);
        return [.. score.Kept.Select(
            k => (k.Class, (IReadOnlyList<DetectionRow>)[.. k.Indices.Select(i => classes[k.Class][i])]))];
    }
}

/// <param name="Chains">In the order of the results.</param>
public sealed record ExportedArm(ArmResults Arm, IReadOnlyList<ExportedChain> Chains)
{
    /// <summary>The arm's name as that of a folder.</summary>
    public string FolderName =>
        string.Concat(Arm.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '_'))
            .TrimStart('.') is { Length: > 0 } name
            ? name
            : "arm";
}

public sealed record ExportedChain(LedgerPrompt Prompt, ChainResult Result, IReadOnlyList<ExportedAttempt> Attempts);

/// <param name="Kept">What the scorer looked at, by class.</param>
public sealed record ExportedAttempt(
    AttemptRow Row,
    bool Correct,
    string? Reason,
    IReadOnlyList<(string Class, IReadOnlyList<DetectionRow> Boxes)> Kept,
    IReadOnlyList<(int Attempt, FeedbackSource Source)> Context);
