using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>An attempt as a page shows it.</summary>
/// <param name="Image">SHA-256 in hexadecimal digits; null where a run elsewhere kept no image.</param>
/// <param name="Score">Null while there is none.</param>
public sealed record ShownAttempt(AttemptRow Row, string? Image, ScoreRow? Score);

/// <summary>A chain with its attempts in order, whether it has ended or not.</summary>
public sealed record ShownChain(ChainRow Row, IReadOnlyList<ShownAttempt> Attempts);

/// <summary>Reads chains of few prompts by key: as fast in a large sweep as in a small one.</summary>
public static class ChainQuery
{
    /// <param name="scorer">Whose scores; null for none.</param>
    public static async Task<IReadOnlyList<ShownChain>> OfPromptsAsync(
        LedgerSession session, Guid sweep, IReadOnlyList<int> prompts, Guid? scorer, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        var arms = await ledger.Arms.CountAsync(a => a.SweepId == sweep, cancellation);
        var replicates = await ledger.Sweeps.Where(s => s.Id == sweep).Select(s => s.Replicates).SingleAsync(cancellation);

        // A chain's id is a hash of its place: no index is needed to find it, nor a plan that may go wrong.
        Guid[] ids =
        [
            .. from prompt in prompts
               from arm in Enumerable.Range(0, arms)
               from replicate in Enumerable.Range(0, replicates)
               select Identity.OfChain(sweep, arm, prompt, replicate),
        ];
        var chains = await ledger.Chains.Where(c => ids.Contains(c.Id)).ToListAsync(cancellation);
        var attempts = (await ledger.Attempts.Where(a => ids.Contains(a.ChainId)).ToListAsync(cancellation)).ToLookup(a => a.ChainId);
        var scores = scorer is null ? [] : await ledger.Scores
            .Where(s => ids.Contains(s.ChainId) && s.ScorerId == scorer)
            .ToDictionaryAsync(s => (s.ChainId, s.Attempt), cancellation);
        return
        [
            .. chains.OrderBy(c => (c.Prompt, c.Arm, c.Replicate)).Select(c => new ShownChain(c,
            [
                .. attempts[c.Id].OrderBy(a => a.Index).Select(a => new ShownAttempt(
                    a, a.Image is { } image ? Convert.ToHexStringLower(image) : null, scores.GetValueOrDefault((c.Id, a.Index)))),
            ])),
        ];
    }
}
