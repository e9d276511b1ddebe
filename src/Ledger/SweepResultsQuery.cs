using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Reads a sweep's results from the ledger, as reports need them.</summary>
public static class SweepResultsQuery
{
    /// <param name="benchmarks">Opens the sweep's.</param>
    /// <param name="scorerName">Whose scores: null for the sweep's own.</param>
    /// <exception cref="SweepNotFoundException">The sweep has no scorer of this name.</exception>
    public static async Task<SweepResults> LoadAsync(
        LedgerSession session,
        SweepRow sweep,
        Func<BenchmarkConfiguration, IBenchmark> benchmarks,
        CancellationToken cancellation,
        string? scorerName = null)
    {
        var configuration = SweepConfiguration.FromJson(sweep.Configuration);
        var benchmark = benchmarks(configuration.Benchmark);
        var scores = await ScorerAsync(session, sweep, scorerName, cancellation);
        var scorer = scores is null ? null : ScorerSettings.Of(benchmark.Scorer(scores.Configuration));
        var isOwn = scores is null || scores.Id == sweep.ScorerId;
        await using var ledger = new LedgerContext(session.Source);
        var prompts = await ledger.Prompts
            .Where(p => p.SweepId == sweep.Id)
            .OrderBy(p => p.Index)
            .Select(p => new SweepPrompt(p.Index, p.Stratum, p.Prompt))
            .ToListAsync(cancellation);
        var arms = await ledger.Arms.Where(a => a.SweepId == sweep.Id).OrderBy(a => a.Index).ToListAsync(cancellation);
        var chains = (await ledger.Chains.Where(c => c.SweepId == sweep.Id).ToListAsync(cancellation))
            .ToLookup(c => c.Arm);
        var shown = scores?.Id;
        var deciding = isOwn ? [] : await ledger.Chains
            .Where(c => c.SweepId == sweep.Id)
            .Join(ledger.Scores.Where(s => s.ScorerId == sweep.ScorerId), c => c.Id, s => s.ChainId, (_, s) => s)
            .ToDictionaryAsync(s => (s.ChainId, s.Attempt), s => (double?)s.Value, cancellation);
        var attempts = (await ledger.Chains
            .Where(c => c.SweepId == sweep.Id && c.State == ChainState.Done)
            .Join(ledger.Attempts, c => c.Id, a => a.ChainId, (_, a) => a)
            .LeftJoin(ledger.Scores.Where(s => s.ScorerId == shown), a => new { a.ChainId, Attempt = a.Index }, s => new { s.ChainId, s.Attempt }, (a, s) => new
            {
                a.ChainId,
                a.Index,
                a.Accepted,
                a.JudgeScore,
                a.JudgeNoScore,
                a.Feedback,
                Value = (double?)s!.Value,
                s.Passed,
                a.WallSeconds,
                a.GeneratorSeconds,
                a.JudgeSeconds,
                a.FunctionEvaluations,
                a.JudgeTokens,
                a.ShownAfter,
                a.Seed,
                a.Image,
            }).ToListAsync(cancellation)).ToLookup(a => a.ChainId);
        var asks = scores is null ? null : benchmark.Scorer(scores.Configuration) as IAnswerScorer;
        var parts = asks is null ? null : (await ledger.Chains
            .Where(c => c.SweepId == sweep.Id && c.State == ChainState.Done)
            .Join(
                ledger.Scores.Where(s => s.ScorerId == shown && s.Evidence != null),
                c => new { c.Id, Attempt = c.Shown!.Value },
                s => new { Id = s.ChainId, s.Attempt },
                (c, s) => new { c.Arm, c.Prompt, c.Replicate, s.Evidence })
            .ToListAsync(cancellation)).ToLookup(e => e.Arm);
        var imports = await ledger.Imports.Where(i => i.SweepId == sweep.Id).ToDictionaryAsync(i => i.Arm, cancellation);
        return new SweepResults(
            sweep.Name,
            sweep.Id.ToString(),
            sweep.Seed,
            sweep.Replicates,
            benchmark.Tables,
            prompts,
            [.. arms.Select(arm => Arm(arm, [.. chains[arm.Index]]))])
        {
            Scorer = scorer,
        };

        // What was scored elsewhere may have images without a score, and never gets them.
        bool IsScored(ChainRow chain) => scorer is null || (isOwn && sweep.State == SweepState.Imported)
            || attempts[chain.Id].All(a => a.Value is not null);

        IReadOnlyList<AnsweredPart> Parts(int arm) => parts is null ? [] :
        [
            .. parts[arm].GroupBy(e => e.Prompt)
                .SelectMany(e => e.OrderBy(shown => shown.Replicate).TakeLast(asks!.CountsLastAlone ? 1 : int.MaxValue))
                .SelectMany(e => asks!.Parts(e.Prompt, e.Evidence!).SelectMany(p => p.Categories.Select(c => (Category: c, e.Prompt, p.Holds))))
                .GroupBy(p => (p.Category, p.Prompt))
                .Select(p => new AnsweredPart(p.Key.Category, p.Key.Prompt, p.Count(one => one.Holds), p.Count()))
                .OrderBy(p => p.Category.Contains(" - ", StringComparison.Ordinal)).ThenBy(p => p.Category, StringComparer.Ordinal).ThenBy(p => p.Prompt),
        ];

        ArmResults Arm(ArmRow arm, List<ChainRow> ofArm) => new(
            arm.Name,
            arm.Simulated,
            arm.Published,
            configuration.Arms[arm.Index].Strategy,
            [.. ofArm
                .Where(c => c.State == ChainState.Done && IsScored(c))
                .OrderBy(c => (c.Prompt, c.Replicate))
                .Select(c => new ChainResult(c.Prompt, c.Replicate, c.Shown!.Value, [.. attempts[c.Id]
                    .OrderBy(a => a.Index)
                    .Select(a => new AttemptResult(
                        a.Accepted is { } accepted
                            ? new Verdict(accepted, a.JudgeScore, a.JudgeNoScore, a.Feedback)
                            : null,
                        a.Value,
                        a.Passed,
                        new AttemptCosts(
                            a.WallSeconds, a.GeneratorSeconds, a.JudgeSeconds, a.FunctionEvaluations, a.JudgeTokens))
                    {
                        ShownAfter = a.ShownAfter,
                        DecidingValue = deciding.GetValueOrDefault((c.Id, a.Index)),
                    })])
                {
                    Drawn = attempts[c.Id].Where(a => a.Index == 0)
                        .Select(a => a.Seed is { } seed ? $"{seed}" : a.Image is { } image ? Convert.ToHexStringLower(image) : null)
                        .FirstOrDefault(),
                })],
            ofArm.Count(c => c.State == ChainState.Failed),
            ofArm.Count(c => c.State == ChainState.Open))
        {
            ScoredBy = isOwn ? null : scores?.Name,
            Unscored = ofArm.Count(c => c.State == ChainState.Done && !IsScored(c)),
            SelfScored = scorer?.IsJudgeOf(configuration.Arms[arm.Index]) == true,
            Parts = Parts(arm.Index),
            OtherAnswerer = scorer is not null && benchmark.Tables.PublishedScorer is not null && !imports.ContainsKey(arm.Index),
            ContextBy = configuration.Arms[arm.Index].Generator.ContextBy,
            Imported = imports.GetValueOrDefault(arm.Index) is { } import
                ? new(import.Format, Convert.ToHexStringLower(import.Sha256))
                : null,
        };
    }

    private static async Task<SweepScorer?> ScorerAsync(
        LedgerSession session, SweepRow sweep, string? name, CancellationToken cancellation)
    {
        var scorers = await session.Scorings.OfSweepAsync(sweep.Id, cancellation);
        return scorers.FirstOrDefault(s => s.Name == (name ?? ScoringStore.Own)) ?? (name is null ? null : throw new SweepNotFoundException(
            $"Sweep {sweep.Name} has no scorer '{name}'. " + (scorers.Count == 0
                ? "It has none yet: 'reflectdit rescore' gives it one."
                : $"It has: {string.Join(", ", scorers.Select(s => s.Name))}.")));
    }
}
