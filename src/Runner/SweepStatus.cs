using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>Where a sweep stands.</summary>
public sealed record SweepStatus(
    string Name, Guid Id, DateTime CreatedAt, int Chains, int Done, int Failed, int Attempts)
{
    public int Open => Chains - Done - Failed;

    /// <summary>Every sweep of the ledger, oldest first.</summary>
    public static async Task<IReadOnlyList<SweepStatus>> AllAsync(LedgerSession session, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        return await ledger.Sweeps
            .OrderBy(s => s.CreatedAt)
            .ThenBy(s => s.Id)
            .Select(s => new SweepStatus(
                s.Name,
                s.Id,
                s.CreatedAt,
                ledger.Chains.Count(c => c.SweepId == s.Id),
                ledger.Chains.Count(c => c.SweepId == s.Id && c.State == ChainState.Done),
                ledger.Chains.Count(c => c.SweepId == s.Id && c.State == ChainState.Failed),
                ledger.Attempts.Count(a => ledger.Chains.Any(c => c.Id == a.ChainId && c.SweepId == s.Id))))
            .ToListAsync(cancellation);
    }

    /// <summary>Why chains failed: the first few by prompt and arm.</summary>
    public static async Task<IReadOnlyList<string>> FailuresAsync(
        LedgerSession session, Guid sweep, int most, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        return await ledger.Chains
            .Where(c => c.SweepId == sweep && c.State == ChainState.Failed)
            .OrderBy(c => c.Prompt).ThenBy(c => c.Arm).ThenBy(c => c.Replicate)
            .Take(most)
            .Select(c => c.Failure!)
            .ToListAsync(cancellation);
    }
}
