using Npgsql;

namespace ReflectDiT.Eval.Ledger;

/// <summary>What a sweep's attempts refer to, and what it cost to make that.</summary>
/// <param name="Attempts">Drawn here: none that were imported.</param>
/// <param name="Drawings">Different ones.</param>
/// <param name="BookedSeconds">Of devices, by generators and judges: each attempt as if it had paid for all that it shows.</param>
/// <param name="SpentSeconds">What was really paid: each drawing and judgement as often as it was made, by whichever sweep.</param>
public sealed record SweepSpent(
    Guid Sweep, long Attempts, long Drawings, long Drawn, long Judgements, long Judged, double BookedSeconds, double SpentSeconds)
{
    /// <summary>What servers took for all that, in the currency of the placements' prices; null where none is known.</summary>
    public double? Price { get; init; }
}

/// <summary>What nothing refers to: of sweeps that were deleted, or saved by a process that died before its rows were written.</summary>
/// <param name="Artifacts">Files, but those of the last hour: their rows may be on their way.</param>
public sealed record Orphans(long Drawings, long Judgements, IReadOnlyList<string> Artifacts)
{
    public bool Any => Drawings + Judgements + Artifacts.Count > 0;
}

/// <summary>Who uses the ledger's facts, and what nobody does.</summary>
public static class FactUse
{
    private static readonly TimeSpan Young = TimeSpan.FromHours(1);

    private const string OrphanDrawings = "FROM reflectdit.drawings d WHERE NOT EXISTS (SELECT FROM reflectdit.attempts a WHERE a.drawing_id = d.id)";
    private const string OrphanJudgements = "FROM reflectdit.judgements j WHERE NOT EXISTS (SELECT FROM reflectdit.attempts a WHERE a.judgement_id = j.id)";

    /// <summary>Goes with its image.</summary>
    private const string OrphanAnswers = "FROM reflectdit.answers w WHERE NOT EXISTS (SELECT FROM reflectdit.drawings d WHERE d.image = w.image)";

    /// <summary>Of every sweep that was not imported.</summary>
    public static async Task<IReadOnlyList<SweepSpent>> SpentAsync(LedgerSession session, CancellationToken cancellation)
    {
        await using var find = session.Source.CreateCommand("""
            WITH a AS (
                SELECT c.sweep_id, a.drawing_id, a.judgement_id
                FROM reflectdit.chains c JOIN reflectdit.attempts a ON a.chain_id = c.id WHERE NOT a.imported),
            d AS (
                SELECT u.sweep_id, count(*) AS made, sum(d.times) AS times, sum(d.device_seconds * u.uses) AS booked,
                    sum(d.device_seconds * d.times) AS spent, sum(d.price * d.times) AS price
                FROM (SELECT sweep_id, drawing_id, count(*) AS uses FROM a GROUP BY 1, 2) u
                JOIN reflectdit.drawings d ON d.id = u.drawing_id GROUP BY 1),
            j AS (
                SELECT u.sweep_id, count(*) AS made, sum(j.times) AS times, sum(j.device_seconds * u.uses) AS booked,
                    sum(j.device_seconds * j.times) AS spent, sum(j.price * j.times) AS price
                FROM (SELECT sweep_id, judgement_id, count(*) AS uses FROM a GROUP BY 1, 2) u
                JOIN reflectdit.judgements j ON j.id = u.judgement_id GROUP BY 1),
            w AS (
                SELECT u.sweep_id, sum(w.price) AS price
                FROM (SELECT DISTINCT sweep_id, image FROM a JOIN reflectdit.drawings d ON d.id = a.drawing_id) u
                JOIN reflectdit.answers w ON w.image = u.image GROUP BY 1)
            SELECT n.sweep_id, n.attempts, d.made, d.times, j.made, j.times, d.booked + j.booked, d.spent + j.spent,
                CASE WHEN num_nonnulls(d.price, j.price, w.price) > 0 THEN coalesce(d.price, 0) + coalesce(j.price, 0) + coalesce(w.price, 0) END
            FROM (SELECT sweep_id, count(*) AS attempts FROM a GROUP BY 1) n JOIN d USING (sweep_id) JOIN j USING (sweep_id)
            LEFT JOIN w USING (sweep_id)
            """);
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var spent = new List<SweepSpent>();
        while (await reader.ReadAsync(cancellation))
        {
            spent.Add(new(
                reader.GetGuid(0),
                reader.GetInt64(1),
                reader.GetInt64(2),
                reader.GetInt64(3),
                reader.GetInt64(4),
                reader.GetInt64(5),
                reader.GetDouble(6),
                reader.GetDouble(7))
            {
                Price = reader.GetFieldValue<double?>(8),
            });
        }

        return spent;
    }

    public static async Task<Orphans> OrphansAsync(LedgerSession session, CancellationToken cancellation)
    {
        await using var connection = await session.Source.OpenConnectionAsync(cancellation);
        return await FindAsync(connection, session.Artifacts, cancellation);
    }

    /// <summary>Removes what nothing refers to.</summary>
    /// <returns>What was removed.</returns>
    /// <exception cref="LedgerException">Workers are at work: they may refer to it at any moment.</exception>
    public static async Task<Orphans> PruneAsync(LedgerSession session, CancellationToken cancellation)
    {
        await using var connection = await session.Source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, "LOCK TABLE reflectdit.attempts IN SHARE MODE", cancellation);
        if (await CountAsync(connection, "FROM reflectdit.living_workers", cancellation) is > 0 and var workers)
        {
            throw new LedgerException(
                $"{workers} workers are at work on this ledger, and may begin to use what nothing refers to now: stop them first ('reflectdit status' names them).");
        }

        var orphans = await FindAsync(connection, session.Artifacts, cancellation);
        await ExecuteAsync(connection, $"DELETE {OrphanDrawings}", cancellation);
        await ExecuteAsync(connection, $"DELETE {OrphanJudgements}", cancellation);
        await ExecuteAsync(connection, $"DELETE {OrphanAnswers}", cancellation);
        await transaction.CommitAsync(cancellation);
        foreach (var file in orphans.Artifacts)
        {
            File.Delete(file);
        }

        return orphans;
    }

    private static async Task<Orphans> FindAsync(NpgsqlConnection connection, ArtifactStore artifacts, CancellationToken cancellation)
    {
        var named = new HashSet<string>();
        await using (var find = new NpgsqlCommand(
            "SELECT DISTINCT encode(d.image, 'hex') FROM reflectdit.drawings d JOIN reflectdit.attempts a ON a.drawing_id = d.id WHERE d.image IS NOT NULL",
            connection))
        await using (var reader = await find.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                named.Add(reader.GetString(0));
            }
        }

        return new(
            await CountAsync(connection, OrphanDrawings, cancellation),
            await CountAsync(connection, OrphanJudgements, cancellation),
            [.. artifacts.Files(olderThan: Young).Where(f => !named.Contains(f.Name)).Select(f => f.Path)]);
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string from, CancellationToken cancellation)
    {
        await using var count = new NpgsqlCommand($"SELECT count(*) {from}", connection);
        return (long)(await count.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
