using Microsoft.EntityFrameworkCore;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Where a sweep stands.</summary>
/// <param name="Unscored">Drawings that wait for a score, or are being scored.</param>
/// <param name="ScoringFailed">Drawings that could not be scored.</param>
public sealed record SweepStatus(
    string Name, Guid Id, string State, DateTime CreatedAt, int Chains, int Done, int Failed, int Leased, int Attempts, int Unscored, int ScoringFailed)
{
    public int Open => Chains - Done - Failed;

    /// <summary>All its chains have ended.</summary>
    public bool Drawn => Open == 0;

    /// <summary>It is drawn, and all its scores are in.</summary>
    public bool Complete => Drawn && Unscored + ScoringFailed == 0;

    /// <summary>What it does, in a word: of a sweep that nobody has paused or cancelled also whether there is something to do.</summary>
    public string Phase => State != SweepState.Running ? State
        : Drawn && Unscored == 0 ? Failed + ScoringFailed > 0 ? "ended" : "complete"
        : Drawn ? "scoring"
        : State;

    /// <summary>Every sweep of the ledger, oldest first.</summary>
    public static async Task<IReadOnlyList<SweepStatus>> AllAsync(LedgerSession session, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        var chains = ledger.Chains.GroupBy(c => c.SweepId).Select(g => new
        {
            Sweep = g.Key,
            All = g.Count(),
            Done = g.Count(c => c.State == ChainState.Done),
            Failed = g.Count(c => c.State == ChainState.Failed),
            Leased = g.Count(c => c.Worker != null),
        });
        var attempts = ledger.Chains.Join(ledger.Attempts, c => c.Id, a => a.ChainId, (c, _) => c.SweepId)
            .GroupBy(sweep => sweep).Select(g => new { Sweep = g.Key, All = g.Count() });
        var scorings = ledger.Scorings.GroupBy(q => q.SweepId).Select(g => new
        {
            Sweep = g.Key,
            Waiting = g.Count(q => q.Failure == null),
            Failed = g.Count(q => q.Failure != null),
        });
        return await ledger.Sweeps
            .Join(chains, s => s.Id, c => c.Sweep, (Sweep, Chains) => new { Sweep, Chains })
            .LeftJoin(attempts, s => s.Sweep.Id, a => a.Sweep, (s, a) => new { s.Sweep, s.Chains, Attempts = (int?)a!.All })
            .LeftJoin(scorings, s => s.Sweep.Id, q => q.Sweep, (s, q) => new
            {
                s.Sweep,
                s.Chains,
                s.Attempts,
                Unscored = (int?)q!.Waiting,
                ScoringFailed = (int?)q.Failed,
            })
            .OrderBy(s => s.Sweep.CreatedAt)
            .ThenBy(s => s.Sweep.Id)
            .Select(s => new SweepStatus(
                s.Sweep.Name,
                s.Sweep.Id,
                s.Sweep.State,
                s.Sweep.CreatedAt,
                s.Chains.All,
                s.Chains.Done,
                s.Chains.Failed,
                s.Chains.Leased,
                s.Attempts ?? 0,
                s.Unscored ?? 0,
                s.ScoringFailed ?? 0))
            .ToListAsync(cancellation);
    }

    /// <summary>The workers that are there as far as can be told, by number.</summary>
    public static async Task<IReadOnlyList<WorkerStatus>> WorkersAsync(LedgerSession session, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        var held = ledger.Chains.Where(c => c.Worker != null).GroupBy(c => c.Worker)
            .Select(g => new { Worker = g.Key, Chains = g.Count() });
        return await ledger.Workers
            .FromSql($"SELECT * FROM reflectdit.living_workers")
            .LeftJoin(held, w => w.Number, h => h.Worker, (w, h) => new { Worker = w, Chains = (int?)h!.Chains })
            .OrderBy(w => w.Worker.Number)
            .Select(w => new WorkerStatus(
                w.Worker.Number,
                w.Worker.Host,
                w.Worker.Process,
                w.Worker.Slots,
                w.Chains ?? 0,
                w.Worker.StartedAt,
                w.Worker.SeenAt,
                WorkerReport.FromJson(w.Worker.Status)))
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
/// <param name="Report">What it says of itself; null before its first heartbeat.</param>
public sealed record WorkerStatus(
    int Number, string Host, int Process, int Slots, int Chains, DateTime StartedAt, DateTime SeenAt, WorkerReport? Report);
