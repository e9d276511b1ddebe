using Npgsql;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// Leases. A worker holds what it has claimed as long as it renews one row, its own. A claim raises the chain's epoch, so
/// that whoever held it before can write no more; every write carries the epoch (see Schema/ledger.sql, fence_attempts).
/// All times are the database's. Whoever waits for the locks of several chains takes them in the order of their ids, or
/// deadlocks would end transactions.
/// </summary>
public sealed class LeaseStore(NpgsqlDataSource source)
{
    private const string Free = "s.state = 'running' AND c.state = 'open' AND c.worker IS NULL";

    private const string InOrder = "ORDER BY s.created_at, s.id, c.replicate, c.prompt, c.arm";

    private const string InScope = """
        ($1::uuid IS NULL OR c.sweep_id = $1)
        AND ($2::integer[] IS NULL OR c.prompt = ANY ($2))
        AND ($3::text[] IS NULL OR (c.sweep_id, c.arm) IN (SELECT a.sweep_id, a.index FROM reflectdit.arms a WHERE a.name = ANY ($3)))
        AND (cardinality($4::uuid[]) = 0 OR NOT EXISTS (
            SELECT FROM unnest($4::uuid[], $5::integer[]) p (sweep, arm) WHERE p.sweep = c.sweep_id AND coalesce(p.arm, c.arm) = c.arm))
        AND ($6::text IS NULL OR c.needs = $6)
        """;

    /// <summary>Free chains beyond those asked for that are looked at: the first may be of prompts that others are at.</summary>
    private const int Ahead = 4096;

    /// <summary>
    /// No other worker is at a chain of the same prompt, or is about to be: its claim is on its way. The locks end with the
    /// statement; their class is any number that is not that of workers.
    /// </summary>
    private const string PromptIsFree = """
        CASE WHEN NOT EXISTS (
            SELECT FROM reflectdit.chains h
            WHERE h.worker IS NOT NULL AND h.sweep_id = f.sweep_id AND h.replicate = f.replicate AND h.prompt = f.prompt AND h.worker <> $8
                AND h.needs = 'generate')
        THEN pg_try_advisory_xact_lock(1380215125, hashtext(f.sweep_id::text || f.replicate || ' ' || f.prompt)) ELSE false END
        """;

    /// <summary>
    /// Takes up to <paramref name="most"/> free chains, oldest sweep first, with what they hold already. Where arms ask for
    /// the same drawings, they share them best in one process: so chains of a prompt that another worker is at, or claims
    /// at this moment, are passed over.
    /// </summary>
    /// <param name="besideOthers">Take those too.</param>
    /// <returns>None where the worker's lease was ended.</returns>
    public async Task<IReadOnlyList<OpenChain>> ClaimAsync(
        int worker, WorkScope scope, int most, bool besideOthers, CancellationToken cancellation)
    {
        await using var claim = source.CreateCommand(Claim(
            $"""
            first AS MATERIALIZED (
                SELECT c.id, c.sweep_id, c.replicate, c.prompt FROM reflectdit.sweeps s JOIN reflectdit.chains c ON c.sweep_id = s.id
                WHERE {Free} AND {InScope} {InOrder} LIMIT $7::bigint + {Ahead}),
            free AS (
                SELECT l.id FROM first f CROSS JOIN LATERAL (
                    SELECT c.id FROM reflectdit.chains c
                    WHERE c.id = f.id AND c.state = 'open' AND c.worker IS NULL FOR NO KEY UPDATE SKIP LOCKED) l
                WHERE $9 OR {PromptIsFree} LIMIT $7)
            """,
            worker: "$8"));
        AddScope(claim, scope);
        claim.Parameters.Add(new() { Value = most });
        claim.Parameters.Add(new() { Value = worker });
        claim.Parameters.Add(new() { Value = besideOthers });
        return await ClaimAsync(claim, cancellation);
    }

    /// <summary>Takes those of the given chains that are free, with what they hold already.</summary>
    /// <param name="role">Only those that wait for this; null for any.</param>
    /// <returns>None where the worker's lease was ended.</returns>
    public async Task<IReadOnlyList<OpenChain>> ClaimAsync(
        int worker, IReadOnlyList<Guid> chains, ChainRole? role, CancellationToken cancellation)
    {
        await using var claim = source.CreateCommand(Claim(
            $"""
            free AS (
                SELECT c.id FROM reflectdit.sweeps s JOIN reflectdit.chains c ON c.sweep_id = s.id
                WHERE {Free} AND c.id = ANY ($1) AND ($3::text IS NULL OR c.needs = $3) FOR NO KEY UPDATE OF c SKIP LOCKED)
            """,
            worker: "$2"));
        claim.Parameters.Add(new() { Value = chains.ToArray() });
        claim.Parameters.Add(new() { Value = worker });
        claim.Parameters.Add(Named(role));
        return await ClaimAsync(claim, cancellation);
    }

    /// <summary>Up to <paramref name="most"/> chains that could be claimed now, in the order of claims.</summary>
    public async Task<IReadOnlyList<FreeChain>> FreeChainsAsync(WorkScope scope, int most, CancellationToken cancellation)
    {
        await using var find = source.CreateCommand($"""
            SELECT c.arm, c.prompt, c.replicate, c.needs, c.epoch FROM reflectdit.sweeps s JOIN reflectdit.chains c ON c.sweep_id = s.id
            WHERE {Free} AND {InScope} {InOrder} LIMIT $7
            """);
        AddScope(find, scope);
        find.Parameters.Add(new() { Value = most });
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var chains = new List<FreeChain>();
        while (await reader.ReadAsync(cancellation))
        {
            chains.Add(new(
                reader.GetInt32(0),
                reader.GetInt32(1),
                reader.GetInt32(2),
                reader.GetString(3) == Named(ChainRole.Judge) ? ChainRole.Judge : ChainRole.Generate,
                reader.GetInt32(4)));
        }

        return chains;
    }

    /// <summary>Prolongs the worker's lease, and with it that of all its chains.</summary>
    /// <param name="status">What it says of itself: a JSON object.</param>
    /// <returns>False when the lease was ended: the worker holds nothing any more under this number.</returns>
    public async Task<bool> RenewAsync(int worker, TimeSpan lease, string status, CancellationToken cancellation)
    {
        await using var renew = source.CreateCommand("""
            UPDATE reflectdit.workers SET seen_at = now(), leased_until = now() + $2, status = $3::jsonb
            WHERE number = $1 AND ended_at IS NULL
            """);
        renew.Parameters.Add(new() { Value = worker });
        renew.Parameters.Add(new() { Value = lease });
        renew.Parameters.Add(new() { Value = status });
        return await renew.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>
    /// Which chains a worker holds, by epoch. Those of a paused or cancelled sweep are not among them: the worker must let
    /// go of what is missing.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, int>> HeldAsync(int worker, CancellationToken cancellation)
    {
        await using var find = source.CreateCommand("""
            SELECT c.id, c.epoch FROM reflectdit.chains c JOIN reflectdit.sweeps s ON s.id = c.sweep_id
            WHERE c.worker = $1 AND s.state = 'running'
            """);
        find.Parameters.Add(new() { Value = worker });
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var held = new Dictionary<Guid, int>();
        while (await reader.ReadAsync(cancellation))
        {
            held.Add(reader.GetGuid(0), reader.GetInt32(1));
        }

        return held;
    }

    /// <summary>Gives a chain back, if the worker still holds it at this epoch.</summary>
    /// <param name="needs">Whom it waits for from now on: those workers are told. Null for whom it was waiting for.</param>
    /// <returns>False when the lease was lost before.</returns>
    public async Task<bool> ReleaseAsync(int worker, Guid chain, int epoch, ChainRole? needs, CancellationToken cancellation)
    {
        await using var release = source.CreateCommand($"""
            WITH given AS (
                UPDATE reflectdit.chains SET worker = NULL, waits_since = now(), needs = coalesce($4, needs)
                WHERE id = $1 AND worker = $2 AND epoch = $3 RETURNING 1)
            SELECT count(*)::integer, CASE WHEN $4 IS NOT NULL AND count(*) > 0 THEN pg_notify('{WorkerSession.Channel}', '') END FROM given
            """);
        release.Parameters.Add(new() { Value = chain });
        release.Parameters.Add(new() { Value = worker });
        release.Parameters.Add(new() { Value = epoch });
        release.Parameters.Add(Named(needs));
        return (int)(await release.ExecuteScalarAsync(cancellation))! > 0;
    }

    private static string Named(ChainRole role) => role is ChainRole.Judge ? "judge" : "generate";

    private static NpgsqlParameter Named(ChainRole? role) => Sql.Optional(role is { } known ? Named(known) : null);

    /// <summary>
    /// Ends the workers that are lost (see <c>living_workers</c>), frees what they held, and tells the others.
    /// </summary>
    /// <param name="atMostEvery">Nothing is done where anybody has looked within this time.</param>
    /// <returns>The numbers of the workers that were ended.</returns>
    public async Task<IReadOnlyList<int>> EndLostWorkersAsync(TimeSpan atMostEvery, CancellationToken cancellation)
    {
        // A claim of a worker that was ended at the same moment may have held on: what any ended worker holds is freed.
        await using var end = source.CreateCommand($"""
            WITH turn AS (
                UPDATE reflectdit.lookout SET looked_at = now()
                WHERE ctid = (SELECT ctid FROM reflectdit.lookout WHERE looked_at <= now() - $1 FOR UPDATE SKIP LOCKED)
                RETURNING 1),
            lost AS (
                UPDATE reflectdit.workers SET ended_at = now()
                WHERE ended_at IS NULL AND EXISTS (SELECT FROM turn)
                    AND number NOT IN (SELECT number FROM reflectdit.living_workers)
                RETURNING number),
            theirs AS (
                SELECT c.id FROM reflectdit.chains c
                WHERE EXISTS (SELECT FROM turn) AND c.worker IS NOT NULL AND (
                    c.worker IN (SELECT number FROM lost)
                    OR c.worker IN (SELECT number FROM reflectdit.workers WHERE ended_at IS NOT NULL))
                ORDER BY c.id FOR NO KEY UPDATE OF c),
            freed AS (
                UPDATE reflectdit.chains c SET worker = NULL, waits_since = now() FROM theirs WHERE c.id = theirs.id
                RETURNING 1),
            unscored AS (
                SELECT q.drawing_id, q.scorer_id, q.sweep_id FROM reflectdit.scorings q
                WHERE EXISTS (SELECT FROM turn) AND q.worker IS NOT NULL AND (
                    q.worker IN (SELECT number FROM lost)
                    OR q.worker IN (SELECT number FROM reflectdit.workers WHERE ended_at IS NOT NULL))
                ORDER BY q.drawing_id, q.scorer_id, q.sweep_id FOR NO KEY UPDATE OF q),
            given AS (
                UPDATE reflectdit.scorings q SET worker = NULL FROM unscored u
                WHERE (q.drawing_id, q.scorer_id, q.sweep_id) = (u.drawing_id, u.scorer_id, u.sweep_id)
                RETURNING 1)
            SELECT array(SELECT number FROM lost ORDER BY number),
                CASE WHEN EXISTS (SELECT FROM freed) OR EXISTS (SELECT FROM given) THEN pg_notify('{WorkerSession.Channel}', '') END
            """);
        end.Parameters.Add(new() { Value = atMostEvery });
        return (int[])(await end.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Opens the failed chains of a scope for another try.</summary>
    public async Task RetryFailedAsync(WorkScope scope, CancellationToken cancellation)
    {
        await using var retry = source.CreateCommand($"""
            UPDATE reflectdit.chains c SET state = 'open', failure = NULL, waits_since = now()
            WHERE c.state = 'failed' AND {InScope}
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

    /// <summary>What of a scope waits for a worker: cheap, however much has ended.</summary>
    public async Task<WaitingChains> WaitingAsync(WorkScope scope, CancellationToken cancellation)
    {
        await using var find = source.CreateCommand($"""
            SELECT count(*)::integer, (count(*) FILTER (WHERE c.worker IS NULL))::integer,
                coalesce(now() - min(c.waits_since) FILTER (WHERE c.worker IS NULL), '0')
            FROM reflectdit.chains c JOIN reflectdit.sweeps s ON s.id = c.sweep_id
            WHERE s.state = 'running' AND c.state = 'open' AND {InScope}
            """);
        AddScope(find, scope);
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new(reader.GetInt32(0), reader.GetInt32(1), reader.GetTimeSpan(2));
    }

    /// <summary>Wakes the workers: there is new work, or a sweep has changed.</summary>
    public async Task TellAsync(CancellationToken cancellation)
    {
        await using var notify = source.CreateCommand($"NOTIFY {WorkerSession.Channel}");
        await notify.ExecuteNonQueryAsync(cancellation);
    }

    /// <param name="free">Common table expressions, of which <c>free</c> holds the ids.</param>
    private static string Claim(string free, string worker) => $"""
        WITH {free}
        UPDATE reflectdit.chains c SET epoch = epoch + 1, worker = {worker} FROM free
        WHERE c.id = free.id AND EXISTS (SELECT FROM reflectdit.workers WHERE number = {worker} AND ended_at IS NULL)
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

        // Nobody has held a chain before its first epoch.
        var histories = await HistoriesAsync([.. chains.Where(c => c.Epoch > 1).Select(c => c.Id)], cancellation);
        return [.. chains
            .OrderBy(c => (c.Replicate, c.Prompt, c.Arm))
            .Select(c => c with { History = histories.GetValueOrDefault(c.Id, []) })];
    }

    private static void AddScope(NpgsqlCommand command, WorkScope scope)
    {
        command.Parameters.Add(Sql.Optional(scope.Sweep));
        command.Parameters.Add(Sql.Optional(scope.Prompts?.ToArray()));
        command.Parameters.Add(Sql.Optional(scope.Arms?.ToArray()));
        var parked = scope.Parked.Where(p => p.Scorer is null).ToList();
        command.Parameters.Add(new() { Value = parked.Select(p => p.Sweep).ToArray() });
        command.Parameters.Add(new() { Value = parked.Select(p => p.Arm).ToArray() });
        command.Parameters.Add(Named(scope.Role));
    }

    private async Task<Dictionary<Guid, List<StoredAttempt>>> HistoriesAsync(Guid[] chains, CancellationToken cancellation)
    {
        if (chains.Length == 0)
        {
            return [];
        }

        // A chain was drawn under one scorer; scores made later, by others, are of no concern to it.
        await using var find = source.CreateCommand("""
            SELECT a.chain_id, a.index, a.image, a.accepted, a.judge_score, a.judge_no_score, a.feedback, r.value, r.passed, r.reason
            FROM reflectdit.attempt_records a
            JOIN reflectdit.chains c ON c.id = a.chain_id
            JOIN reflectdit.sweeps s ON s.id = c.sweep_id
            LEFT JOIN reflectdit.scores r ON r.drawing_id = a.drawing_id AND r.scorer_id = s.scorer_id
            WHERE a.chain_id = ANY ($1) ORDER BY a.chain_id, a.index
            """);
        find.Parameters.Add(new() { Value = chains });
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var histories = new Dictionary<Guid, List<StoredAttempt>>();
        while (await reader.ReadAsync(cancellation))
        {
            var chain = reader.GetGuid(0);
            if (!histories.TryGetValue(chain, out var history))
            {
                histories.Add(chain, history = []);
            }

            history.Add(new(
                reader.GetInt32(1),
                reader.GetFieldValue<byte[]>(2),
                new Verdict(
                    reader.GetBoolean(3),
                    reader.GetFieldValue<double?>(4),
                    reader.GetFieldValue<double?>(5),
                    reader.GetFieldValue<string?>(6)),
                reader.GetFieldValue<double?>(7) is { } value
                    ? new Score(value, reader.GetFieldValue<bool?>(8), reader.IsDBNull(9) ? null : reader.GetString(9), Evidence: null)
                    : null));
        }

        return histories;
    }
}
