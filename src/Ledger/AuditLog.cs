using Npgsql;

namespace ReflectDiT.Eval.Ledger;

/// <summary>What people did to sweeps through the dashboard. Rows are added with what they tell of, and never changed.</summary>
public sealed class AuditLog(LedgerSession session)
{
    /// <summary>
    /// Opens failed chains and scores of a sweep for another try, as 'reflectdit ctl requeue' does, and writes down who did
    /// so. A cancelled sweep goes on; one that is paused stays so.
    /// </summary>
    /// <param name="reasonId">Only chains that failed for the reason of this <see cref="ReasonId"/>; null for all, and for scores.</param>
    public async Task RequeueAsync(Guid sweep, Guid? reasonId, string who, CancellationToken cancellation)
    {
        await using var connection = await session.Source.OpenConnectionAsync(cancellation);
        var reason = reasonId is { } id ? await ReasonAsync(connection, sweep, id, cancellation) : null;
        if (reasonId is not null && reason is null)
        {
            return; // Somebody was quicker.
        }

        await using var requeue = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("""
                    WITH again AS (
                        UPDATE reflectdit.chains SET state = 'open', failure = NULL, waits_since = now()
                        WHERE sweep_id = $1 AND state = 'failed' AND ($2::text IS NULL OR failure = $2) RETURNING 1),
                    scored AS (
                        UPDATE reflectdit.scorings SET failure = NULL
                        WHERE sweep_id = $1 AND failure IS NOT NULL AND $2::text IS NULL RETURNING 1)
                    INSERT INTO reflectdit.audit (who, action, sweep_id, subject)
                    SELECT $3, 'requeue', $1,
                        (SELECT count(*) FROM again) || ' failed chains, ' || (SELECT count(*) FROM scored) || ' failed scores'
                        || coalesce(': ' || $2, '')
                    """)
                {
                    Parameters = { new() { Value = sweep }, Sql.Optional(reason), new() { Value = who } },
                },
                new("UPDATE reflectdit.sweeps SET state = 'running' WHERE id = $1 AND state = 'cancelled'")
                {
                    Parameters = { new() { Value = sweep } },
                },
                new($"NOTIFY {WorkerSession.Channel}"),
            },
        };
        await requeue.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Names a reason: forms change the line ends of a text.</summary>
    public static Guid ReasonId(string reason) => Identity.Of(reason);

    private static async Task<string?> ReasonAsync(NpgsqlConnection connection, Guid sweep, Guid id, CancellationToken cancellation)
    {
        await using var read = new NpgsqlCommand(
            "SELECT DISTINCT failure FROM reflectdit.chains WHERE sweep_id = $1 AND state = 'failed'", connection)
        {
            Parameters = { new() { Value = sweep } },
        };
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        string? found = null;
        while (await reader.ReadAsync(cancellation))
        {
            found = ReasonId(reader.GetString(0)) == id ? reader.GetString(0) : found;
        }

        return found;
    }

    /// <summary>The newest entries first.</summary>
    public async Task<IReadOnlyList<AuditEntry>> NewestAsync(int most, CancellationToken cancellation)
    {
        await using var read = session.Source.CreateCommand("""
            SELECT a.done_at, a.who, a.action, a.sweep_id, s.name, a.subject FROM reflectdit.audit a
            JOIN reflectdit.sweeps s ON s.id = a.sweep_id ORDER BY a.number DESC LIMIT $1
            """);
        read.Parameters.Add(new() { Value = most });
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var entries = new List<AuditEntry>();
        while (await reader.ReadAsync(cancellation))
        {
            entries.Add(new(
                reader.GetDateTime(0), reader.GetString(1), reader.GetString(2), reader.GetGuid(3), reader.GetString(4), reader.GetString(5)));
        }

        return entries;
    }
}

/// <param name="Subject">What of the sweep, in words.</param>
public sealed record AuditEntry(DateTime DoneAt, string Who, string Action, Guid Sweep, string SweepName, string Subject);
