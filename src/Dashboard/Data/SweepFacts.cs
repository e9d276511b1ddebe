using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>What a sweep was planned as: nothing of it ever changes.</summary>
/// <param name="Chains">So many of each arm.</param>
/// <param name="Prompts">In order.</param>
public sealed record SweepDesign(
    SweepConfiguration Configuration, IReadOnlyList<ArmRow> Arms, IReadOnlyDictionary<int, int> Chains, IReadOnlyList<PromptRow> Prompts)
{
    public static async Task<SweepDesign> LoadAsync(LedgerSession session, SweepRow row, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        return new(
            SweepConfiguration.FromJson(row.Configuration),
            await ledger.Arms.Where(a => a.SweepId == row.Id).OrderBy(a => a.Index).ToListAsync(cancellation),
            await ledger.Chains.Where(c => c.SweepId == row.Id).GroupBy(c => c.Arm)
                .Select(g => new { Arm = g.Key, All = g.Count() }).ToDictionaryAsync(g => g.Arm, g => g.All, cancellation),
            await ledger.Prompts.Where(p => p.SweepId == row.Id).OrderBy(p => p.Index).ToListAsync(cancellation));
    }
}

/// <summary>What is known of a sweep without its attempts: quick to read, whatever its size.</summary>
/// <param name="Scorer">Whose scores are shown; null for an unscored sweep.</param>
/// <param name="Scorers">All it has.</param>
public sealed record SweepFacts(
    SweepRow Row,
    SweepDesign Design,
    IReadOnlyList<ArmProgress> Progress,
    IReadOnlyList<(string Name, string Configuration, string? Digest)> Models,
    IReadOnlyList<(string Name, Guid Id, string Configuration)> Scorers,
    (string Name, Guid Id, string Configuration)? Scorer)
{
    public SweepConfiguration Configuration => Design.Configuration;

    public IReadOnlyList<ArmRow> Arms => Design.Arms;

    /// <summary>What it does, in a word.</summary>
    public required string Phase { get; init; }

    /// <summary>Another whenever results may be: chains have ended, or scores have come or are missing.</summary>
    public required string Version { get; init; }

    /// <summary>Whether some chains have not ended, or some drawings wait for a score.</summary>
    public required bool IsOpen { get; init; }

    /// <summary>In addresses.</summary>
    public string Key => Row.Id.ToString()[..8];

    /// <exception cref="SweepNotFoundException">It has no scorer of this name.</exception>
    public static async Task<SweepFacts> LoadAsync(
        LedgerSession session, SweepRow row, SweepDesign design, string? scorer, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        var progress = await ProgressAsync(session, row.Id, design, cancellation);
        var scorers = (await session.Scorings.OfSweepAsync(row.Id, cancellation))
            .Select(s => (s.Name, s.Id, s.Configuration.ToJson())).ToList();
        var shown = scorer ?? ScoringStore.Own;
        var scorings = await ledger.Scorings.Where(q => q.SweepId == row.Id).GroupBy(q => q.Failure != null)
            .Select(g => new { Failed = g.Key, All = g.Count() }).ToListAsync(cancellation);
        var (unscored, unscorable) = (scorings.Where(q => !q.Failed).Sum(q => q.All), scorings.Where(q => q.Failed).Sum(q => q.All));
        return new(
            row,
            design,
            progress,
            await ModelsAsync(session, row.Id, cancellation),
            scorers,
            scorers.Exists(s => s.Name == shown) ? scorers.Find(s => s.Name == shown)
                : scorer is null ? null
                : throw new SweepNotFoundException($"Sweep {row.Name} has no scorer '{scorer}'."))
        {
            Phase = new SweepStatus(
                row.Name, row.Id, row.State, row.CreatedAt, progress.Sum(p => p.Chains), progress.Sum(p => p.Done), progress.Sum(p => p.Failed),
                progress.Sum(p => p.Held), Attempts: 0, unscored, unscorable).Phase,
            Version = $"{progress.Sum(p => p.Done)} {progress.Sum(p => p.Failed)} {unscored + unscorable} {scorers.Count}",
            IsOpen = unscored > 0 || progress.Any(p => p.Done + p.Failed < p.Chains),
        };
    }

    /// <summary>Chains that are done are most in the end: those that are not are counted, each kind by its index.</summary>
    private static async Task<IReadOnlyList<ArmProgress>> ProgressAsync(
        LedgerSession session, Guid sweep, SweepDesign design, CancellationToken cancellation)
    {
        await using var count = session.Source.CreateCommand("""
            SELECT arm, 'free', count(*)::integer FROM reflectdit.chains WHERE sweep_id = $1 AND state = 'open' AND worker IS NULL GROUP BY arm
            UNION ALL SELECT arm, 'held', count(*)::integer FROM reflectdit.chains WHERE sweep_id = $1 AND worker IS NOT NULL GROUP BY arm
            UNION ALL SELECT arm, 'failed', count(*)::integer FROM reflectdit.chains WHERE sweep_id = $1 AND state = 'failed' GROUP BY arm
            """);
        count.Parameters.Add(new() { Value = sweep });
        await using var reader = await count.ExecuteReaderAsync(cancellation);
        var counts = new Dictionary<(int Arm, string Kind), int>();
        while (await reader.ReadAsync(cancellation))
        {
            counts[(reader.GetInt32(0), reader.GetString(1))] = reader.GetInt32(2);
        }

        return
        [
            .. design.Chains.OrderBy(c => c.Key).Select(c =>
            {
                var (free, held, failed) = (Of("free"), Of("held"), Of("failed"));
                return new ArmProgress(c.Key, c.Value, c.Value - free - held - failed, failed, held);

                int Of(string kind) => counts.GetValueOrDefault((c.Key, kind));
            }),
        ];
    }

    private static async Task<IReadOnlyList<(string, string, string?)>> ModelsAsync(
        LedgerSession session, Guid sweep, CancellationToken cancellation)
    {
        await using var find = session.Source.CreateCommand(
            "SELECT name, configuration, digest FROM reflectdit.models WHERE sweep_id = $1 ORDER BY name");
        find.Parameters.Add(new() { Value = sweep });
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var models = new List<(string, string, string?)>();
        while (await reader.ReadAsync(cancellation))
        {
            models.Add((reader.GetString(0), reader.GetString(1), await reader.IsDBNullAsync(2, cancellation) ? null : reader.GetString(2)));
        }

        return models;
    }
}

/// <summary>How far an arm's chains are.</summary>
public sealed record ArmProgress(int Arm, int Chains, int Done, int Failed, int Held);
