using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>Where a sweep stands.</summary>
public sealed record SweepStatus(
    string Name, Guid Id, string State, DateTime CreatedAt, int Chains, int Done, int Failed, int Leased, int Attempts)
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
                s.State,
                s.CreatedAt,
                ledger.Chains.Count(c => c.SweepId == s.Id),
                ledger.Chains.Count(c => c.SweepId == s.Id && c.State == ChainState.Done),
                ledger.Chains.Count(c => c.SweepId == s.Id && c.State == ChainState.Failed),
                ledger.Chains.Count(c => c.SweepId == s.Id && c.Worker != null),
                ledger.Attempts.Count(a => ledger.Chains.Any(c => c.Id == a.ChainId && c.SweepId == s.Id))))
            .ToListAsync(cancellation);
    }

    /// <summary>The workers that are there as far as can be told, by number.</summary>
    public static async Task<IReadOnlyList<WorkerStatus>> WorkersAsync(LedgerSession session, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        return await ledger.Workers
            .FromSql($"SELECT * FROM reflectdit.living_workers")
            .OrderBy(w => w.Number)
            .Select(w => new WorkerStatus(
                w.Number, w.Host, w.Process, w.Slots, ledger.Chains.Count(c => c.Worker == w.Number), w.StartedAt, w.SeenAt))
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

/// <summary>A worker and what it holds.</summary>
public sealed record WorkerStatus(
    int Number, string Host, int Process, int Slots, int Chains, DateTime StartedAt, DateTime SeenAt);
