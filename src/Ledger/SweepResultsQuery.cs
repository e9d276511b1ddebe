using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Reads a sweep's results from the ledger, as reports need them.</summary>
public static class SweepResultsQuery
{
    /// <param name="benchmarks">Opens the sweep's.</param>
    public static async Task<SweepResults> LoadAsync(
        LedgerSession session, SweepRow sweep, Func<BenchmarkConfiguration, IBenchmark> benchmarks, CancellationToken cancellation)
    {
        var configuration = SweepConfiguration.FromJson(sweep.Configuration);
        await using var ledger = new LedgerContext(session.Source);
        var prompts = await ledger.Prompts
            .Where(p => p.SweepId == sweep.Id)
            .OrderBy(p => p.Index)
            .Select(p => new Analysis.Results.PromptRow(p.Index, p.Tag, p.Prompt))
            .ToListAsync(cancellation);
        var arms = await ledger.Arms.Where(a => a.SweepId == sweep.Id).OrderBy(a => a.Index).ToListAsync(cancellation);
        var chains = (await ledger.Chains.Where(c => c.SweepId == sweep.Id).ToListAsync(cancellation))
            .ToLookup(c => c.Arm);
        var attempts = (await (
            from chain in ledger.Chains
            where chain.SweepId == sweep.Id && chain.State == ChainState.Done
            join attempt in ledger.Attempts on chain.Id equals attempt.ChainId
            join score in ledger.Scores
                on new { attempt.ChainId, Attempt = attempt.Index } equals new { score.ChainId, score.Attempt }
            where score.ScorerId == sweep.ScorerId
            select new
            {
                attempt.ChainId,
                attempt.Index,
                attempt.Accepted,
                attempt.JudgeScore,
                attempt.JudgeNoScore,
                attempt.Feedback,
                score.Correct,
                attempt.WallSeconds,
                attempt.GeneratorSeconds,
                attempt.JudgeSeconds,
                attempt.FunctionEvaluations,
                attempt.JudgeTokens,
                attempt.ShownAfter,
            }).ToListAsync(cancellation)).ToLookup(a => a.ChainId);

        var imports = await ledger.Imports.Where(i => i.SweepId == sweep.Id).ToDictionaryAsync(i => i.Arm, cancellation);
        return new SweepResults(
            sweep.Name,
            sweep.Id.ToString(),
            sweep.Seed,
            sweep.Replicates,
            benchmarks(configuration.Benchmark).Metrics,
            prompts,
            [.. arms.Select(arm => Arm(arm, [.. chains[arm.Index]]))]);

        ArmResults Arm(ArmRow arm, List<ChainRow> ofArm) => new(
            arm.Name,
            arm.Simulated,
            arm.Published,
            configuration.Arms[arm.Index].Strategy,
            [.. ofArm
                .Where(c => c.State == ChainState.Done)
                .OrderBy(c => (c.Prompt, c.Replicate))
                .Select(c => new ChainResult(c.Prompt, c.Replicate, c.Shown!.Value, [.. attempts[c.Id]
                    .OrderBy(a => a.Index)
                    .Select(a => new AttemptResult(
                        a.Accepted is { } accepted
                            ? new Verdict(accepted, a.JudgeScore, a.JudgeNoScore, a.Feedback)
                            : null,
                        a.Correct,
                        new AttemptCosts(
                            a.WallSeconds, a.GeneratorSeconds, a.JudgeSeconds, a.FunctionEvaluations, a.JudgeTokens))
                    {
                        ShownAfter = a.ShownAfter,
                    })]))],
            ofArm.Count(c => c.State == ChainState.Failed),
            ofArm.Count(c => c.State == ChainState.Open))
        {
            Imported = imports.GetValueOrDefault(arm.Index) is { } import
                ? new(import.Format, Convert.ToHexStringLower(import.Sha256))
                : null,
        };
    }
}
