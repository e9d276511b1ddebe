using System.Text;
using System.Threading.Channels;
using Npgsql;
using NpgsqlTypes;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// Makes attempts durable, many chains at once: what arrives while one group is on its way to disk becomes the next
/// group. A group's artifacts are saved first, then its rows in one transaction, in one round trip; meanwhile the next
/// group's artifacts are saved.
/// </summary>
public sealed class AttemptWriter : IAsyncDisposable
{
    /// <summary>SQLSTATE of a write that the fence refused: somebody else has taken the chain.</summary>
    public const string StaleEpoch = "RD001";

    private const int LargestGroup = 512;

    private readonly NpgsqlDataSource _source;
    private readonly ArtifactStore _artifacts;
    private readonly Channel<Pending> _queue = Channel.CreateUnbounded<Pending>(new() { SingleReader = true });
    private readonly Task _loop;

    public AttemptWriter(NpgsqlDataSource source, ArtifactStore artifacts)
    {
        _source = source;
        _artifacts = artifacts;
        _loop = Task.Run(WriteGroupsAsync);
    }

    /// <summary>Completes when the attempt, and the chain's end if it is the last, are durable.</summary>
    /// <exception cref="PostgresException">
    /// <see cref="StaleEpoch"/>, or something of the attempt that the database does not take. Nothing of it was written.
    /// </exception>
    /// <exception cref="IOException">The image could not be saved.</exception>
    public Task AppendAsync(NewAttempt attempt) => EnqueueAsync(new(attempt, null));

    /// <summary>Ends a chain in failure.</summary>
    /// <param name="reason">What the database cannot hold of it is replaced by U+FFFD.</param>
    public Task FailAsync(Guid chain, int epoch, string reason)
    {
        var storable = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(reason)).Replace('\0', '\uFFFD');
        return EnqueueAsync(new(null, new(chain, epoch, null, storable)));
    }

    /// <summary>Ends a chain whose attempts are all written.</summary>
    public Task EndAsync(Guid chain, int epoch, int shown) => EnqueueAsync(new(null, new(chain, epoch, shown, null)));

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
    }

    private Task EnqueueAsync(Pending pending) => _queue.Writer.TryWrite(pending)
        ? pending.Done.Task
        : throw new ObjectDisposedException(nameof(AttemptWriter));

    private async Task WriteGroupsAsync()
    {
        var writing = Task.CompletedTask;
        while (await _queue.Reader.WaitToReadAsync())
        {
            var group = new List<Pending>();
            while (group.Count < LargestGroup && _queue.Reader.TryRead(out var pending))
            {
                group.Add(pending);
            }

            if (SaveArtifacts(group))
            {
                await writing;
                writing = SettleAsync(group);
            }
        }

        await writing;
    }

    private bool SaveArtifacts(List<Pending> group)
    {
        try
        {
            _artifacts.Save([.. group.Select(p => p.Attempt).OfType<NewAttempt>().Select(a => (a.ImageName, a.Image))]);
            return true;
        }
        catch (Exception e)
        {
            group.ForEach(p => p.Done.SetException(e));
            return false;
        }
    }

    /// <summary>
    /// A group is written whole or not at all; when something of it is refused, each is tried alone, so that what one chain
    /// says wrong is no other's fault.
    /// </summary>
    private async Task SettleAsync(List<Pending> group)
    {
        try
        {
            await WriteRowsAsync(group);
            group.ForEach(p => p.Done.SetResult());
        }
        catch (Exception e) when (group.Count > 1 && !LedgerSession.IsOutage(e))
        {
            foreach (var alone in group)
            {
                await SettleAsync([alone]);
            }
        }
        catch (Exception e)
        {
            group.ForEach(p => p.Done.SetException(e));
        }
    }

    private async Task WriteRowsAsync(List<Pending> group)
    {
        var attempts = group.Select(p => p.Attempt).OfType<NewAttempt>().ToList();
        await using var connection = await _source.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        Add(
            batch,
            "SELECT FROM reflectdit.chains WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", // see LeaseStore
            Column(group, NpgsqlDbType.Uuid, p => p.Attempt?.Chain ?? p.End!.Chain));
        if (attempts.Count > 0)
        {
            AddAttempts(batch, attempts);
            AddContext(batch, attempts);
            AddScores(batch, attempts);
        }

        AddEnds(batch, [.. group.Select(EndOf).OfType<ChainEnd>()]);
        await batch.ExecuteNonQueryAsync();
    }

    private static ChainEnd? EndOf(Pending pending) => pending.Attempt is { Ends: { } shown } last
        ? new(last.Chain, last.Epoch, shown, null)
        : pending.End;

    private static void AddAttempts(NpgsqlBatch batch, List<NewAttempt> attempts) => Add(
        batch,
        """
        INSERT INTO reflectdit.attempts (chain_id, index, epoch, seed, image, accepted, judge_score, judge_no_score,
            feedback, judge_text, wall_seconds, generator_seconds, judge_seconds, function_evaluations, judge_tokens)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        Column(attempts, NpgsqlDbType.Uuid, a => a.Chain),
        Column(attempts, NpgsqlDbType.Integer, a => a.Index),
        Column(attempts, NpgsqlDbType.Integer, a => a.Epoch),
        Column(attempts, NpgsqlDbType.Bigint, a => a.Seed),
        Column(attempts, NpgsqlDbType.Bytea, a => a.ImageName),
        Column(attempts, NpgsqlDbType.Boolean, a => a.Verdict.Accepted),
        Column(attempts, NpgsqlDbType.Double, a => a.Verdict.Score),
        Column(attempts, NpgsqlDbType.Double, a => a.Verdict.NoScore),
        Column(attempts, NpgsqlDbType.Text, a => a.Verdict.Feedback),
        Column(attempts, NpgsqlDbType.Text, a => a.JudgeText),
        Column(attempts, NpgsqlDbType.Double, a => a.Costs.WallSeconds),
        Column(attempts, NpgsqlDbType.Double, a => a.Costs.GeneratorSeconds),
        Column(attempts, NpgsqlDbType.Double, a => a.Costs.JudgeSeconds),
        Column(attempts, NpgsqlDbType.Integer, a => a.Costs.FunctionEvaluations),
        Column(attempts, NpgsqlDbType.Integer, a => a.Costs.JudgeTokens));

    private static void AddContext(NpgsqlBatch batch, List<NewAttempt> attempts)
    {
        var items = attempts.SelectMany(a => a.Context.Select((item, position) => (Attempt: a, item, position))).ToList();
        Add(
            batch,
            """
            INSERT INTO reflectdit.context_items (chain_id, attempt, position, source_attempt, source)
            SELECT * FROM unnest($1, $2, $3, $4, $5)
            """,
            Column(items, NpgsqlDbType.Uuid, i => i.Attempt.Chain),
            Column(items, NpgsqlDbType.Integer, i => i.Attempt.Index),
            Column(items, NpgsqlDbType.Integer, i => i.position),
            Column(items, NpgsqlDbType.Integer, i => i.item.Attempt),
            Column(items, NpgsqlDbType.Text, i => i.item.Source is FeedbackSource.Scorer ? "scorer" : "judge"));
    }

    private static void AddScores(NpgsqlBatch batch, List<NewAttempt> attempts)
    {
        var scored = attempts.Where(a => a.Score is not null).Select(a => (Attempt: a, Score: a.Score!)).ToList();
        Add(
            batch,
            """
            INSERT INTO reflectdit.scores (chain_id, attempt, scorer_id, value, passed, reason, evidence)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            """,
            Column(scored, NpgsqlDbType.Uuid, s => s.Attempt.Chain),
            Column(scored, NpgsqlDbType.Integer, s => s.Attempt.Index),
            Column(scored, NpgsqlDbType.Uuid, s => s.Attempt.Scorer),
            Column(scored, NpgsqlDbType.Double, s => s.Score.Value),
            Column(scored, NpgsqlDbType.Boolean, s => s.Score.Passed),
            Column(scored, NpgsqlDbType.Text, s => s.Score.Reason),
            Column(scored, NpgsqlDbType.Json, s => s.Score.Evidence));
    }

    private static void AddEnds(NpgsqlBatch batch, List<ChainEnd> ends)
    {
        if (ends.Count > 0)
        {
            Add(
                batch,
                """
                SELECT reflectdit.end_chain(chain, epoch, shown, reason)
                FROM unnest($1, $2, $3, $4) AS e (chain, epoch, shown, reason)
                """,
                Column(ends, NpgsqlDbType.Uuid, e => e.Chain),
                Column(ends, NpgsqlDbType.Integer, e => e.Epoch),
                Column(ends, NpgsqlDbType.Integer, e => e.Shown),
                Column(ends, NpgsqlDbType.Text, e => e.Failure));
        }
    }

    private static void Add(NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter Column<TRow, T>(List<TRow> rows, NpgsqlDbType type, Func<TRow, T> value) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = rows.Select(value).ToArray() };

    private sealed record ChainEnd(Guid Chain, int Epoch, int? Shown, string? Failure);

    private sealed record Pending(NewAttempt? Attempt, ChainEnd? End)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
