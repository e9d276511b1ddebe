using ReflectDiT.Eval.Dashboard.Views;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>Reads who works on the ledger, what waits, and what failed.</summary>
internal sealed class WorkersLoader(LedgerSession session, bool controls)
{
    private const int MostFailures = 50;
    private const int MostAudit = 20;

    public async Task<PageContent> LoadAsync(CancellationToken cancellation)
    {
        var model = new WorkersModel(
            await SweepStatus.WorkersAsync(session, cancellation),
            await QueuesAsync(cancellation),
            await FailuresAsync(cancellation),
            await new AuditLog(session).NewestAsync(MostAudit, cancellation),
            controls);
        return new("Workers", typeof(WorkersView), model, new PageAddress.Workers(), null, []);
    }

    private async Task<IReadOnlyList<QueueLine>> QueuesAsync(CancellationToken cancellation)
    {
        await using var read = session.Source.CreateCommand("""
            SELECT s.id, s.name, s.state, c.free, c.held, c.retaken, c.oldest, q.free, q.held, q.failed
            FROM reflectdit.sweeps s
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE worker IS NULL)::integer AS free, count(*) FILTER (WHERE worker IS NOT NULL)::integer AS held,
                    count(*) FILTER (WHERE epoch > 1)::integer AS retaken, now() - min(waits_since) FILTER (WHERE worker IS NULL) AS oldest
                FROM reflectdit.chains WHERE sweep_id = s.id AND ((state = 'open' AND worker IS NULL) OR worker IS NOT NULL)) c
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE worker IS NULL AND failure IS NULL)::integer AS free,
                    count(*) FILTER (WHERE worker IS NOT NULL)::integer AS held, count(*) FILTER (WHERE failure IS NOT NULL)::integer AS failed
                FROM reflectdit.scorings WHERE sweep_id = s.id) q
            WHERE c.free + c.held + q.free + q.held + q.failed > 0 ORDER BY s.created_at
            """);
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var queues = new List<QueueLine>();
        while (await reader.ReadAsync(cancellation))
        {
            queues.Add(new(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetInt32(4), reader.GetInt32(5),
                await reader.IsDBNullAsync(6, cancellation) ? null : reader.GetTimeSpan(6),
                reader.GetInt32(7), reader.GetInt32(8), reader.GetInt32(9)));
        }

        return queues;
    }

    private async Task<IReadOnlyList<FailureLine>> FailuresAsync(CancellationToken cancellation)
    {
        await using var read = session.Source.CreateCommand("""
            SELECT s.id, s.name, c.failure, count(*)::integer, (array_agg(c.arm ORDER BY c.prompt, c.arm, c.replicate))[1],
                (array_agg(c.prompt ORDER BY c.prompt, c.arm, c.replicate))[1], (array_agg(c.replicate ORDER BY c.prompt, c.arm, c.replicate))[1]
            FROM reflectdit.chains c JOIN reflectdit.sweeps s ON s.id = c.sweep_id WHERE c.state = 'failed'
            GROUP BY s.id, s.name, c.failure ORDER BY 4 DESC, s.name, c.failure LIMIT $1
            """);
        read.Parameters.Add(new() { Value = MostFailures });
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var failures = new List<FailureLine>();
        while (await reader.ReadAsync(cancellation))
        {
            failures.Add(new(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetInt32(4), reader.GetInt32(5),
                reader.GetInt32(6)));
        }

        return failures;
    }
}
