using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>An attempt as a page shows it.</summary>
/// <param name="Image">SHA-256 in hexadecimal digits; null where a run elsewhere kept no image.</param>
/// <param name="Score">Null while there is none.</param>
public sealed record ShownAttempt(AttemptRow Row, string? Image, ScoreRow? Score);

/// <summary>A chain with its attempts in order, whether it has ended or not.</summary>
public sealed record ShownChain(ChainRow Row, IReadOnlyList<ShownAttempt> Attempts);

/// <summary>Reads a few chains by key: as fast in a large sweep as in a small one.</summary>
public static class ChainQuery
{
    /// <param name="places">Of the chains: arm, prompt, replicate; those that are not there are left out.</param>
    /// <param name="scorer">Whose scores; null for none.</param>
    public static async Task<IReadOnlyList<ShownChain>> ReadAsync(
        LedgerSession session, Guid sweep, IEnumerable<(int Arm, int Prompt, int Replicate)> places, Guid? scorer, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);

        // A chain's id is a hash of its place: no index is needed to find it, nor a plan that may go wrong.
        Guid[] ids = [.. places.Select(p => Identity.OfChain(sweep, p.Arm, p.Prompt, p.Replicate))];
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
