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

    /// <summary>SQLSTATE of a write whose drawing, judgement or score the ledger has with another result: that one counts.</summary>
    public const string OtherFact = "RD003";

    private const int LargestGroup = 512;

    private readonly NpgsqlDataSource _source;
    private readonly ArtifactStore _artifacts;
    private readonly ChangeSignal? _changes;
    private readonly Channel<Pending> _queue = Channel.CreateUnbounded<Pending>(new() { SingleReader = true });
    private readonly Task _loop;

    /// <param name="changes">Told of every group; null where nobody watches.</param>
    public AttemptWriter(NpgsqlDataSource source, ArtifactStore artifacts, ChangeSignal? changes = null)
    {
        _source = source;
        _artifacts = artifacts;
        _changes = changes;
        _loop = Task.Run(WriteGroupsAsync);
    }

    /// <summary>Completes when the attempt, and the chain's end if it is the last, are durable.</summary>
    /// <exception cref="PostgresException">
    /// <see cref="StaleEpoch"/>, <see cref="OtherFact"/>, or something of the attempt that the database does not take. Nothing of it was written.
    /// </exception>
    /// <exception cref="IOException">The image could not be saved.</exception>
    public Task AppendAsync(NewAttempt attempt) => EnqueueAsync(new(attempt, null));

    /// <summary>Makes a drawing durable of which an attempt comes later, when another worker has judged it.</summary>
    /// <exception cref="IOException">The image could not be saved.</exception>
    public Task KeepAsync(DrawingFact drawing) => EnqueueAsync(new(null, null) { Kept = drawing });

    /// <summary>Ends a chain in failure.</summary>
    /// <param name="reason">What the database cannot hold of it is replaced by U+FFFD.</param>
    public Task FailAsync(Guid chain, int epoch, string reason) => EnqueueAsync(new(null, new(chain, epoch, null, Storable(reason))));

    internal static string Storable(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD');

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
            _artifacts.Save([.. NewDrawings(group).Where(d => d.Content is not null).Select(d => (d.Image, d.Content!.Value))]);
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
        var (drawings, judgements, scores) = (NewDrawings(group), New(group, a => a.Judgement), New(group, a => a.Score));
        await using var connection = await _source.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        Add(
            batch,
            "SELECT FROM reflectdit.chains WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", // see LeaseStore
            Column([.. group.Where(p => p.Kept is null)], NpgsqlDbType.Uuid, p => p.Attempt?.Chain ?? p.End!.Chain));
        if (drawings.Count > 0)
        {
            AddDrawings(batch, [.. drawings.DistinctBy(d => d.Id).OrderBy(d => d.Id)]);
        }

        if (attempts.Count > 0)
        {
            AddJudgements(batch, [.. judgements.DistinctBy(j => j.Id).OrderBy(j => j.Id)]);
            AddScores(batch, [.. scores.DistinctBy(s => (s.Drawing, s.Scorer)).OrderBy(s => s.Drawing).ThenBy(s => s.Scorer)]);
            AddAttempts(batch, attempts);
            AddContext(batch, attempts);
        }

        AddEnds(batch, [.. group.Select(EndOf).OfType<ChainEnd>()]);
        await batch.ExecuteNonQueryAsync();
        _changes?.Touch();
        foreach (var fact in ((IEnumerable<Fact>)drawings).Concat(judgements).Concat(scores))
        {
            fact.Stored();
        }
    }

    /// <summary>The facts of a kind that the ledger does not have yet, as far as this process knows.</summary>
    private static List<T> New<T>(List<Pending> group, Func<NewAttempt, T?> fact)
        where T : Fact => [.. group.Select(p => p.Attempt).OfType<NewAttempt>().Select(fact).OfType<T>().Where(f => !f.IsStored)];

    private static List<DrawingFact> NewDrawings(List<Pending> group) =>
        [.. New(group, a => a.Drawing), .. group.Select(p => p.Kept).OfType<DrawingFact>()];

    private static ChainEnd? EndOf(Pending pending) => pending.Attempt is { Ends: { } shown } last
        ? new(last.Chain, last.Epoch, shown, null)
        : pending.End;

    // Facts are inserted in the order of their keys: two writers of the same ones then wait for each other, and not in a ring.
    private static void AddDrawings(NpgsqlBatch batch, List<DrawingFact> drawings) => Add(
        batch,
        """
        INSERT INTO reflectdit.drawings (id, seed, image, seconds, device_seconds, function_evaluations, price, rewritten)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET times = drawings.times + 1
        """,
        Column(drawings, NpgsqlDbType.Uuid, d => d.Id),
        Column(drawings, NpgsqlDbType.Bigint, d => d.Seed),
        Column(drawings, NpgsqlDbType.Bytea, d => d.Image),
        Column(drawings, NpgsqlDbType.Double, d => d.Seconds),
        Column(drawings, NpgsqlDbType.Double, d => d.DeviceSeconds),
        Column(drawings, NpgsqlDbType.Integer, d => d.FunctionEvaluations),
        Column(drawings, NpgsqlDbType.Double, d => d.Price),
        Column(drawings, NpgsqlDbType.Text, d => d.Rewritten));

    private static void AddJudgements(NpgsqlBatch batch, List<JudgementFact> judgements) => Add(
        batch,
        """
        INSERT INTO reflectdit.judgements (id, accepted, score, no_score, feedback, text, seconds, device_seconds, tokens, yes_logit, no_logit, price)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO UPDATE SET times = judgements.times + 1
        """,
        Column(judgements, NpgsqlDbType.Uuid, j => j.Id),
        Column(judgements, NpgsqlDbType.Boolean, j => j.Verdict.Accepted),
        Column(judgements, NpgsqlDbType.Double, j => j.Verdict.Score),
        Column(judgements, NpgsqlDbType.Double, j => j.Verdict.NoScore),
        Column(judgements, NpgsqlDbType.Text, j => j.Verdict.Feedback),
        Column(judgements, NpgsqlDbType.Text, j => j.Text),
        Column(judgements, NpgsqlDbType.Double, j => j.Seconds),
        Column(judgements, NpgsqlDbType.Double, j => j.DeviceSeconds),
        Column(judgements, NpgsqlDbType.Integer, j => j.Tokens),
        Column(judgements, NpgsqlDbType.Double, j => j.Logits?.Yes),
        Column(judgements, NpgsqlDbType.Double, j => j.Logits?.No),
        Column(judgements, NpgsqlDbType.Double, j => j.Price));

    private static void AddAttempts(NpgsqlBatch batch, List<NewAttempt> attempts) => Add(
        batch,
        "SELECT reflectdit.add_attempts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        Column(attempts, NpgsqlDbType.Uuid, a => a.Chain),
        Column(attempts, NpgsqlDbType.Integer, a => a.At.Index),
        Column(attempts, NpgsqlDbType.Integer, a => a.At.Step),
        Column(attempts, NpgsqlDbType.Integer, a => a.At.Place),
        Column(attempts, NpgsqlDbType.Integer, a => a.Epoch),
        Column(attempts, NpgsqlDbType.Text, a => a.Proposal.Prompt),
        Column(attempts, NpgsqlDbType.Uuid, a => a.Drawing.Id),
        Column(attempts, NpgsqlDbType.Bytea, a => a.Drawing.Image),
        Column(attempts, NpgsqlDbType.Uuid, a => a.Judgement.Id),
        Column(attempts, NpgsqlDbType.Boolean, a => a.Judgement.Verdict.Accepted),
        Column(attempts, NpgsqlDbType.Double, a => a.Judgement.Verdict.Score),
        Column(attempts, NpgsqlDbType.Double, a => a.Judgement.Verdict.NoScore),
        Column(attempts, NpgsqlDbType.Text, a => a.Judgement.Verdict.Feedback));

    private static void AddContext(NpgsqlBatch batch, List<NewAttempt> attempts)
    {
        var items = attempts.SelectMany(a => a.Proposal.Context.Select((item, position) => (Attempt: a, item, position))).ToList();
        Add(
            batch,
            """
            INSERT INTO reflectdit.context_items (chain_id, attempt, position, source_attempt, source)
            SELECT * FROM unnest($1, $2, $3, $4, $5)
            """,
            Column(items, NpgsqlDbType.Uuid, i => i.Attempt.Chain),
            Column(items, NpgsqlDbType.Integer, i => i.Attempt.At.Index),
            Column(items, NpgsqlDbType.Integer, i => i.position),
            Column(items, NpgsqlDbType.Integer, i => i.item.Attempt),
            Column(items, NpgsqlDbType.Text, i => i.item.Source is FeedbackSource.Scorer ? "scorer" : "judge"));
    }

    /// <summary>What another scored before with the same result is passed over; another result is refused, as with attempts.</summary>
    private static void AddScores(NpgsqlBatch batch, List<ScoreFact> scores) => Add(
        batch,
        "SELECT reflectdit.add_scores($1, $2, $3, $4, $5, $6)",
        Column(scores, NpgsqlDbType.Uuid, s => s.Drawing),
        Column(scores, NpgsqlDbType.Uuid, s => s.Scorer),
        Column(scores, NpgsqlDbType.Double, s => s.Score.Value),
        Column(scores, NpgsqlDbType.Boolean, s => s.Score.Passed),
        Column(scores, NpgsqlDbType.Text, s => s.Score.Reason),
        Column(scores, NpgsqlDbType.Json, s => s.Score.Evidence));

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
        public DrawingFact? Kept { get; init; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
