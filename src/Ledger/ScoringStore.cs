using Npgsql;
using NpgsqlTypes;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// Drawings that wait for a score, as work of its own: held in batches under a worker's lease, each at an epoch. Scores are
/// facts: one that comes late, or twice, changes nothing.
/// </summary>
public sealed class ScoringStore(NpgsqlDataSource source, ChangeSignal? changes = null)
{
    /// <summary>Names the sweep's own scorer; those that are added have other names.</summary>
    public const string Own = "own";

    private const string Free = "s.state IN ('running', 'imported') AND q.worker IS NULL AND q.failure IS NULL";

    private const string InScope = """
        ($1::uuid IS NULL OR q.sweep_id = $1)
        AND ($2::integer[] IS NULL OR c.prompt = ANY ($2))
        AND (cardinality($3::uuid[]) = 0 OR NOT EXISTS (
            SELECT FROM unnest($3::uuid[], $4::uuid[]) p (sweep, scorer) WHERE p.sweep = q.sweep_id AND coalesce(p.scorer, q.scorer_id) = q.scorer_id))
        """;

    private const string From = """
        FROM reflectdit.scorings q JOIN reflectdit.sweeps s ON s.id = q.sweep_id JOIN reflectdit.chains c ON c.id = q.chain_id
        """;

    /// <summary>
    /// Takes up to <paramref name="most"/>, the oldest first; a drawing that several sweeps have to be scored alike for one
    /// of them, the others have the score with it. The arms of a scope do not matter: a drawing is of all that ask for it.
    /// </summary>
    /// <returns>None where the worker's lease was ended.</returns>
    public async Task<IReadOnlyList<OpenScoring>> ClaimAsync(int worker, WorkScope scope, int most, CancellationToken cancellation)
    {
        await using var claim = source.CreateCommand($"""
            WITH free AS (
                SELECT q.drawing_id, q.scorer_id, q.sweep_id, q.number {From}
                WHERE {Free} AND {InScope} AND NOT EXISTS (
                    SELECT FROM reflectdit.scorings o WHERE o.drawing_id = q.drawing_id AND o.scorer_id = q.scorer_id AND o.worker IS NOT NULL)
                ORDER BY q.number LIMIT $5 FOR NO KEY UPDATE OF q SKIP LOCKED),
            each AS (SELECT DISTINCT ON (drawing_id, scorer_id) * FROM free ORDER BY drawing_id, scorer_id, number),
            taken AS (
                UPDATE reflectdit.scorings q SET epoch = epoch + 1, worker = $6 FROM each
                WHERE (q.drawing_id, q.scorer_id, q.sweep_id) = (each.drawing_id, each.scorer_id, each.sweep_id)
                    AND EXISTS (SELECT FROM reflectdit.workers WHERE number = $6 AND ended_at IS NULL)
                RETURNING q.*)
            SELECT t.sweep_id, t.scorer_id, t.drawing_id, t.epoch, t.chain_id, c.prompt, c.replicate, t.attempt, d.image
            FROM taken t JOIN reflectdit.chains c ON c.id = t.chain_id JOIN reflectdit.drawings d ON d.id = t.drawing_id ORDER BY t.number
            """);
        AddScope(claim, scope);
        claim.Parameters.Add(new() { Value = most });
        claim.Parameters.Add(new() { Value = worker });
        await using var reader = await claim.ExecuteReaderAsync(cancellation);
        var claimed = new List<OpenScoring>();
        while (await reader.ReadAsync(cancellation))
        {
            claimed.Add(new(
                reader.GetGuid(0),
                reader.GetGuid(1),
                reader.GetGuid(2),
                reader.GetInt32(3),
                reader.GetGuid(4),
                reader.GetInt32(5),
                reader.GetInt32(6),
                reader.GetInt32(7),
                reader.GetFieldValue<byte[]>(8)));
        }

        return claimed;
    }

    /// <summary>Makes scores durable, and ends what waits for them.</summary>
    /// <returns>How many were still held at their epoch; nothing of the others is written.</returns>
    public async Task<int> EndAsync(IReadOnlyList<(OpenScoring Of, Score Score)> scored)
    {
        await using var end = source.CreateCommand("SELECT reflectdit.end_scorings($1, $2, $3, $4, $5, $6, $7, $8)");
        void Add<T>(NpgsqlDbType type, Func<(OpenScoring Of, Score Score), T> value) =>
            end.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = scored.Select(value).ToArray() });
        Add(NpgsqlDbType.Uuid, s => s.Of.Sweep);
        Add(NpgsqlDbType.Uuid, s => s.Of.Drawing);
        Add(NpgsqlDbType.Uuid, s => s.Of.Scorer);
        Add(NpgsqlDbType.Integer, s => s.Of.Epoch);
        Add(NpgsqlDbType.Double, s => s.Score.Value);
        Add(NpgsqlDbType.Boolean, s => s.Score.Passed);
        Add(NpgsqlDbType.Text, s => s.Score.Reason);
        Add(NpgsqlDbType.Json, s => s.Score.Evidence);
        var ended = (int)(await end.ExecuteScalarAsync())!;
        changes?.Touch();
        return ended;
    }

    /// <summary>Leaves a scoring for good, until it is tried again.</summary>
    /// <param name="reason">What the database cannot hold of it is replaced by U+FFFD.</param>
    public Task<bool> FailAsync(OpenScoring scoring, string reason) => LetGoAsync(scoring, AttemptWriter.Storable(reason));

    /// <summary>Gives a scoring back.</summary>
    /// <returns>False when the lease was lost before.</returns>
    public Task<bool> ReleaseAsync(OpenScoring scoring) => LetGoAsync(scoring, null);

    /// <summary>Opens failed scorings for another try.</summary>
    public async Task RetryFailedAsync(WorkScope scope, CancellationToken cancellation)
    {
        await using var retry = source.CreateCommand($"""
            UPDATE reflectdit.scorings q SET failure = NULL FROM reflectdit.chains c
            WHERE c.id = q.chain_id AND q.failure IS NOT NULL AND {InScope}
            """);
        AddScope(retry, scope);
        await retry.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>What of a scope has no score yet.</summary>
    public async Task<ScoringCounts> CountAsync(WorkScope scope, CancellationToken cancellation)
    {
        await using var count = source.CreateCommand($"""
            SELECT (count(*) FILTER (WHERE {Free}))::integer,
                (count(*) FILTER (WHERE s.state <> 'cancelled' AND q.failure IS NULL))::integer,
                (count(*) FILTER (WHERE q.failure IS NOT NULL))::integer
            {From} WHERE {InScope}
            """);
        AddScope(count, scope);
        await using var reader = await count.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2));
    }

    /// <summary>Why drawings could not be scored: the first few.</summary>
    public async Task<IReadOnlyList<string>> FailuresAsync(Guid sweep, int most, CancellationToken cancellation)
    {
        await using var find = source.CreateCommand(
            "SELECT failure FROM reflectdit.scorings WHERE sweep_id = $1 AND failure IS NOT NULL ORDER BY number LIMIT $2");
        find.Parameters.Add(new() { Value = sweep });
        find.Parameters.Add(new() { Value = most });
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var failures = new List<string>();
        while (await reader.ReadAsync(cancellation))
        {
            failures.Add(reader.GetString(0));
        }

        return failures;
    }

    /// <summary>All scorers of a sweep, by name.</summary>
    public async Task<IReadOnlyList<SweepScorer>> OfSweepAsync(Guid sweep, CancellationToken cancellation)
    {
        await using var find = source.CreateCommand("""
            SELECT w.name, w.scorer_id, r.configuration FROM reflectdit.sweep_scorers w JOIN reflectdit.scorers r ON r.id = w.scorer_id
            WHERE w.sweep_id = $1 ORDER BY w.name
            """);
        find.Parameters.Add(new() { Value = sweep });
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var scorers = new List<SweepScorer>();
        while (await reader.ReadAsync(cancellation))
        {
            scorers.Add(new(reader.GetString(0), reader.GetGuid(1), ScorerConfiguration.FromJson(reader.GetString(2))));
        }

        return scorers;
    }

    /// <summary>
    /// Gives a sweep another scorer, and every drawing of it that is an artifact as work; that there are drawings to come
    /// is no matter. To add it again changes nothing.
    /// </summary>
    /// <exception cref="LedgerException">The name or the scorer is there already, as another.</exception>
    public async Task AddAsync(
        Guid sweep, string name, PlannedScorer scorer, IReadOnlyList<NamedModel> models, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await WriteAsync(connection, scorer, cancellation);
        await LinkAsync(connection, sweep, name, scorer.Id, cancellation);
        await ModelStore.WriteAsync(connection, sweep, models, cancellation);
        await using var enqueue = new NpgsqlCommand(
            $"""
            INSERT INTO reflectdit.scorings (sweep_id, scorer_id, drawing_id, chain_id, attempt)
            SELECT DISTINCT ON (a.drawing_id) c.sweep_id, $2, a.drawing_id, a.chain_id, a.index
            FROM reflectdit.chains c JOIN reflectdit.attempts a ON a.chain_id = c.id JOIN reflectdit.drawings d ON d.id = a.drawing_id
            WHERE c.sweep_id = $1 AND d.image IS NOT NULL
                AND NOT EXISTS (SELECT FROM reflectdit.scores s WHERE s.drawing_id = a.drawing_id AND s.scorer_id = $2)
            ORDER BY a.drawing_id, c.arm ON CONFLICT (drawing_id, scorer_id, sweep_id) DO NOTHING;
            """, connection)
        {
            Parameters = { new() { Value = sweep }, new() { Value = scorer.Id } },
        };
        await enqueue.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        await using var tell = source.CreateCommand($"NOTIFY {WorkerSession.Channel}");
        await tell.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Binds a scorer to the digest of its model's weights, once and for all sweeps: its scores are shared.</summary>
    /// <returns>The digest that the ledger holds from then on, or held before.</returns>
    public async Task<string> BindAsync(Guid scorer, string digest, CancellationToken cancellation)
    {
        await using var bind = source.CreateCommand(
            "UPDATE reflectdit.scorers SET digest = coalesce(digest, $2) WHERE id = $1 RETURNING digest");
        bind.Parameters.Add(new() { Value = scorer });
        bind.Parameters.Add(new() { Value = digest });
        return await bind.ExecuteScalarAsync(cancellation) as string
            ?? throw new LedgerException($"There is no scorer {scorer}: its row was removed by hand.");
    }

    /// <summary>In the transaction of the connection.</summary>
    internal static async Task WriteAsync(NpgsqlConnection connection, PlannedScorer scorer, CancellationToken cancellation)
    {
        await using var write = new NpgsqlCommand(
            "INSERT INTO reflectdit.scorers (id, name, configuration) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING", connection)
        {
            Parameters =
            {
                new() { Value = scorer.Id },
                new() { Value = scorer.Name },
                new() { Value = scorer.Configuration },
            },
        };
        await write.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>In the transaction of the connection.</summary>
    internal static async Task LinkAsync(NpgsqlConnection connection, Guid sweep, string name, Guid scorer, CancellationToken cancellation)
    {
        await using var link = new NpgsqlCommand(
            "INSERT INTO reflectdit.sweep_scorers (sweep_id, name, scorer_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", connection)
        {
            Parameters = { new() { Value = sweep }, new() { Value = name }, new() { Value = scorer } },
        };
        await link.ExecuteNonQueryAsync(cancellation);
        await using var find = new NpgsqlCommand(
            "SELECT name, scorer_id FROM reflectdit.sweep_scorers WHERE sweep_id = $1 AND (name = $2 OR scorer_id = $3)", connection)
        {
            Parameters = { new() { Value = sweep }, new() { Value = name }, new() { Value = scorer } },
        };
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            if (reader.GetString(0) != name)
            {
                throw new LedgerException($"Sweep {sweep} has this very scorer already, as '{reader.GetString(0)}'.");
            }

            if (reader.GetGuid(1) != scorer)
            {
                throw new LedgerException($"Sweep {sweep} has another scorer that is called '{name}': give this one a name of its own.");
            }
        }
    }

    private async Task<bool> LetGoAsync(OpenScoring scoring, string? failure)
    {
        await using var release = source.CreateCommand("""
            UPDATE reflectdit.scorings SET worker = NULL, failure = $5
            WHERE (drawing_id, scorer_id, sweep_id, epoch) = ($1, $2, $3, $4) AND worker IS NOT NULL
            """);
        release.Parameters.Add(new() { Value = scoring.Drawing });
        release.Parameters.Add(new() { Value = scoring.Scorer });
        release.Parameters.Add(new() { Value = scoring.Sweep });
        release.Parameters.Add(new() { Value = scoring.Epoch });
        release.Parameters.Add(Sql.Optional(failure));
        return await release.ExecuteNonQueryAsync() > 0;
    }

    private static void AddScope(NpgsqlCommand command, WorkScope scope)
    {
        var parked = scope.Parked.Where(p => p.Arm is null).ToList();
        command.Parameters.Add(Sql.Optional(scope.Sweep));
        command.Parameters.Add(Sql.Optional(scope.Prompts?.ToArray()));
        command.Parameters.Add(new() { Value = parked.Select(p => p.Sweep).ToArray() });
        command.Parameters.Add(new() { Value = parked.Select(p => p.Scorer).ToArray() });
    }
}

/// <summary>A drawing to be scored by its holder, until its lease ends.</summary>
/// <param name="Chain">One that drew it.</param>
/// <param name="Prompt">What the image should show, by its place in the benchmark.</param>
/// <param name="Replicate">Of the chain; with <paramref name="Attempt"/> where its seeds come from.</param>
/// <param name="Image">SHA-256 of the artifact.</param>
public sealed record OpenScoring(
    Guid Sweep, Guid Scorer, Guid Drawing, int Epoch, Guid Chain, int Prompt, int Replicate, int Attempt, byte[] Image);

/// <summary>A scorer of a sweep.</summary>
/// <param name="Name">As reports are asked for it.</param>
public sealed record SweepScorer(string Name, Guid Id, ScorerConfiguration Configuration);

/// <summary>Drawings without a score.</summary>
/// <param name="Free">Held by nobody, of sweeps that are neither paused nor cancelled.</param>
/// <param name="Open">That wait, or are at work; none of cancelled sweeps.</param>
/// <param name="Failed">That could not be scored.</param>
public sealed record ScoringCounts(int Free, int Open, int Failed);
