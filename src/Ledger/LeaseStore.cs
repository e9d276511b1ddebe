using Microsoft.EntityFrameworkCore;
using Npgsql;
using ReflectDiT.Eval.Core.Judging;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// Leases of chains. A claim raises the chain's epoch, so that whoever held it before can write no more; every write
/// carries the epoch (see Schema/0001_ledger.sql, fence_attempt). All times are the database's. Whoever waits for the
/// locks of several chains takes them in the order of their ids, or deadlocks would end transactions.
/// </summary>
public sealed class LeaseStore(NpgsqlDataSource source)
{
    private const string Free = """
        s.state = 'running' AND c.state = 'open' AND (c.leased_until IS NULL OR c.leased_until < now())
        """;

    private const string InOrder = "ORDER BY s.created_at, s.id, c.replicate, c.prompt, c.arm";

    private const string InScope = """
        ($1::uuid IS NULL OR c.sweep_id = $1)
        AND ($2::integer[] IS NULL OR c.prompt = ANY ($2))
        AND ($3::text[] IS NULL OR (c.sweep_id, c.arm) IN (SELECT a.sweep_id, a.index FROM reflectdit.arms a WHERE a.name = ANY ($3)))
        """;

    /// <summary>Takes up to <paramref name="most"/> free chains, oldest sweep first, with what they hold already.</summary>
    public async Task<IReadOnlyList<OpenChain>> ClaimAsync(
        int worker, WorkScope scope, int most, TimeSpan lease, CancellationToken cancellation)
    {
        await using var claim = source.CreateCommand(Claim($"{InScope} {InOrder} LIMIT $4", worker: "$5", lease: "$6"));
        AddScope(claim, scope);
        claim.Parameters.Add(new() { Value = most });
        claim.Parameters.Add(new() { Value = worker });
        claim.Parameters.Add(new() { Value = lease });
        return await ClaimAsync(claim, cancellation);
    }

    /// <summary>Takes those of the given chains that are free, with what they hold already.</summary>
    public async Task<IReadOnlyList<OpenChain>> ClaimAsync(
        int worker, IReadOnlyList<Guid> chains, TimeSpan lease, CancellationToken cancellation)
    {
        await using var claim = source.CreateCommand(Claim("c.id = ANY ($1)", worker: "$2", lease: "$3"));
        claim.Parameters.Add(new() { Value = chains.ToArray() });
        claim.Parameters.Add(new() { Value = worker });
        claim.Parameters.Add(new() { Value = lease });
        return await ClaimAsync(claim, cancellation);
    }

    /// <summary>Up to <paramref name="most"/> chains that could be claimed now, in the order of claims.</summary>
    public async Task<IReadOnlyList<FreeChain>> FreeChainsAsync(WorkScope scope, int most, CancellationToken cancellation)
    {
        await using var find = source.CreateCommand($"""
            SELECT c.arm, c.prompt, c.replicate FROM reflectdit.sweeps s JOIN reflectdit.chains c ON c.sweep_id = s.id
            WHERE {Free} AND {InScope} {InOrder} LIMIT $4
            """);
        AddScope(find, scope);
        find.Parameters.Add(new() { Value = most });
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var chains = new List<FreeChain>();
        while (await reader.ReadAsync(cancellation))
        {
            chains.Add(new(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2)));
        }

        return chains;
    }

    /// <summary>
    /// Prolongs the worker's leases and says which it still holds, by epoch. Those of a paused or cancelled sweep are
    /// not among them: the worker must let go of what is missing.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, int>> RenewAsync(int worker, TimeSpan lease, CancellationToken cancellation)
    {
        await using var renew = source.CreateCommand("""
            WITH seen AS (UPDATE reflectdit.workers SET seen_at = now() WHERE number = $1),
            mine AS (
                SELECT c.id FROM reflectdit.chains c JOIN reflectdit.sweeps s ON s.id = c.sweep_id
                WHERE c.worker = $1 AND s.state = 'running' ORDER BY c.id FOR NO KEY UPDATE OF c)
            UPDATE reflectdit.chains c SET leased_until = now() + $2 FROM mine WHERE c.id = mine.id
            RETURNING c.id, c.epoch
            """);
        renew.Parameters.Add(new() { Value = worker });
        renew.Parameters.Add(new() { Value = lease });
        await using var reader = await renew.ExecuteReaderAsync(cancellation);
        var held = new Dictionary<Guid, int>();
        while (await reader.ReadAsync(cancellation))
        {
            held.Add(reader.GetGuid(0), reader.GetInt32(1));
        }

        return held;
    }

    /// <summary>Gives a chain back, if the worker still holds it at this epoch.</summary>
    public async Task ReleaseAsync(int worker, Guid chain, int epoch, CancellationToken cancellation)
    {
        await using var release = source.CreateCommand("""
            UPDATE reflectdit.chains SET worker = NULL, leased_until = NULL WHERE id = $1 AND worker = $2 AND epoch = $3
            """);
        release.Parameters.Add(new() { Value = chain });
        release.Parameters.Add(new() { Value = worker });
        release.Parameters.Add(new() { Value = epoch });
        await release.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Frees the leases of workers whose session has ended: they are dead, whatever their leases say.</summary>
    public async Task FreeDeadWorkersAsync(CancellationToken cancellation)
    {
        await using var free = source.CreateCommand($"""
            WITH dead AS (
                UPDATE reflectdit.workers w SET ended_at = now()
                WHERE w.ended_at IS NULL AND NOT EXISTS (
                    SELECT FROM pg_locks l
                    WHERE l.locktype = 'advisory' AND l.classid = {WorkerSession.LockClass} AND l.objid::bigint = w.number
                        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
                RETURNING w.number),
            theirs AS (
                SELECT c.id FROM reflectdit.chains c JOIN dead ON c.worker = dead.number ORDER BY c.id FOR NO KEY UPDATE OF c)
            UPDATE reflectdit.chains c SET worker = NULL, leased_until = NULL FROM theirs WHERE c.id = theirs.id
            """);
        await free.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Frees the leases of silos that the others have found dead. The database sees when a process ends; that a living
    /// one hangs or cannot be reached, only its peers see. It may go on in vain.
    /// </summary>
    public async Task FreeDeadSilosAsync(CancellationToken cancellation)
    {
        await using var free = source.CreateCommand("""
            WITH theirs AS (
                SELECT c.id FROM reflectdit.chains c JOIN reflectdit.workers w ON c.worker = w.number
                    JOIN reflectdit.silos s ON s.name = w.host || '-' || w.process
                GROUP BY c.id HAVING bool_and(s.status = 'Dead')),
            locked AS (SELECT c.id FROM reflectdit.chains c JOIN theirs USING (id) ORDER BY c.id FOR NO KEY UPDATE OF c)
            UPDATE reflectdit.chains c SET worker = NULL, leased_until = NULL FROM locked WHERE c.id = locked.id
            """);
        await free.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Opens the failed chains of a scope for another try.</summary>
    public async Task RetryFailedAsync(WorkScope scope, CancellationToken cancellation)
    {
        await using var retry = source.CreateCommand($"""
            UPDATE reflectdit.chains c SET state = 'open', failure = NULL WHERE c.state = 'failed' AND {InScope}
            """);
        AddScope(retry, scope);
        await retry.ExecuteNonQueryAsync(cancellation);
        await TellAsync(cancellation);
    }

    public async Task<ScopeCounts> CountAsync(WorkScope scope, CancellationToken cancellation)
    {
        await using var count = source.CreateCommand($"""
            SELECT count(*)::integer,
                (count(*) FILTER (WHERE c.state = 'done'))::integer,
                (count(*) FILTER (WHERE c.state = 'failed'))::integer,
                (count(*) FILTER (WHERE c.state = 'open' AND s.state = 'running'))::integer,
                (count(*) FILTER (WHERE c.state = 'open' AND s.state = 'cancelled'))::integer
            FROM reflectdit.chains c JOIN reflectdit.sweeps s ON s.id = c.sweep_id
            WHERE {InScope}
            """);
        AddScope(count, scope);
        await using var reader = await count.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt32(4));
    }

    /// <summary>Wakes the workers: there is new work, or a sweep has changed.</summary>
    public async Task TellAsync(CancellationToken cancellation)
    {
        await using var notify = source.CreateCommand($"NOTIFY {WorkerSession.Channel}");
        await notify.ExecuteNonQueryAsync(cancellation);
    }

    private static string Claim(string which, string worker, string lease) => $"""
        WITH free AS (
            SELECT c.id FROM reflectdit.sweeps s JOIN reflectdit.chains c ON c.sweep_id = s.id
            WHERE {Free} AND {which} FOR UPDATE OF c SKIP LOCKED)
        UPDATE reflectdit.chains c SET epoch = epoch + 1, worker = {worker}, leased_until = now() + {lease}
        FROM free WHERE c.id = free.id
        RETURNING c.id, c.sweep_id, c.arm, c.prompt, c.replicate, c.epoch
        """;

    private async Task<IReadOnlyList<OpenChain>> ClaimAsync(NpgsqlCommand claim, CancellationToken cancellation)
    {
        var chains = new List<OpenChain>();
        await using (var reader = await claim.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                chains.Add(new(
                    reader.GetGuid(0),
                    reader.GetGuid(1),
                    reader.GetInt32(2),
                    reader.GetInt32(3),
                    reader.GetInt32(4),
                    reader.GetInt32(5),
                    []));
            }
        }

        var histories = await HistoriesAsync([.. chains.Select(c => c.Id)], cancellation);
        return [.. chains
            .OrderBy(c => (c.Replicate, c.Prompt, c.Arm))
            .Select(c => c with { History = histories.GetValueOrDefault(c.Id, []) })];
    }

    private static void AddScope(NpgsqlCommand command, WorkScope scope)
    {
        command.Parameters.Add(Sql.Optional(scope.Sweep));
        command.Parameters.Add(Sql.Optional(scope.Prompts?.ToArray()));
        command.Parameters.Add(Sql.Optional(scope.Arms?.ToArray()));
    }

    private async Task<Dictionary<Guid, List<StoredAttempt>>> HistoriesAsync(Guid[] chains, CancellationToken cancellation)
    {
        if (chains.Length == 0)
        {
            return [];
        }

        // A chain was drawn under one scorer; scores made later, by others, are of no concern to it.
        await using var ledger = new LedgerContext(source);
        var rows = await (
            from attempt in ledger.Attempts
            where chains.Contains(attempt.ChainId)
            join score in ledger.Scores
                on new { attempt.ChainId, Attempt = attempt.Index } equals new { score.ChainId, score.Attempt }
            join chain in ledger.Chains on attempt.ChainId equals chain.Id
            join sweep in ledger.Sweeps on chain.SweepId equals sweep.Id
            where score.ScorerId == sweep.ScorerId
            orderby attempt.ChainId, attempt.Index
            select new { attempt, score.Correct, score.Reason }).ToListAsync(cancellation);
        return rows.GroupBy(r => r.attempt.ChainId).ToDictionary(
            g => g.Key,
            g => g.Select(r => new StoredAttempt(
                r.attempt.Image!,
                new Verdict(r.attempt.Accepted!.Value, r.attempt.JudgeScore, r.attempt.JudgeNoScore, r.attempt.Feedback),
                r.Correct,
                r.Reason!)).ToList());
    }
}
