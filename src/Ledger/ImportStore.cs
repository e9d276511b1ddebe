using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using ReflectDiT.Eval.Core.Imports;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Writes arms that were run elsewhere.</summary>
public sealed class ImportStore(NpgsqlDataSource source)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the sweep with everything of it in one transaction, unless it is there already.</summary>
    /// <param name="arms">In the order of the plan.</param>
    /// <returns>False when the same input was imported before.</returns>
    public async Task<bool> WriteAsync(SweepPlan plan, IReadOnlyList<ImportedArm> arms, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await SweepStore.InsertAsync(connection, plan, SweepState.Imported, cancellation))
        {
            return false;
        }

        var chains = arms.SelectMany((arm, index) => arm.Chains.Select(chain =>
            (Id: Identity.OfChain(plan.Id, index, chain.Prompt, chain.Replicate), Chain: chain))).ToList();
        var attempts = chains.SelectMany(c => c.Chain.Attempts.Select(a => (c.Id, Attempt: a))).ToList();
        await CopyImportsAsync(connection, plan, arms, cancellation);
        await CopyAttemptsAsync(connection, attempts, cancellation);
        await CopyScoresAsync(connection, plan.Scorer.Id, attempts, cancellation);
        await CopyDetectionsAsync(connection, plan.Scorer.Id, attempts, cancellation);
        await CopyContextAsync(connection, chains, cancellation);
        await EndAsync(connection, chains, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    private static Task CopyImportsAsync(
        NpgsqlConnection connection, SweepPlan plan, IReadOnlyList<ImportedArm> arms, CancellationToken cancellation) =>
        BulkCopy.WriteAsync(connection, "imports (sweep_id, arm, format, path, sha256, findings)", arms.Index(), async (row, a) =>
        {
            await row.WriteAsync(plan.Id, cancellation);
            await row.WriteAsync(a.Index, cancellation);
            await row.WriteAsync(a.Item.Input.Format, cancellation);
            await row.WriteAsync(a.Item.Input.Path, cancellation);
            await row.WriteAsync(Convert.FromHexString(a.Item.Input.Sha256), cancellation);
            await row.WriteAsync(JsonSerializer.Serialize(a.Item.Findings, Json), NpgsqlDbType.Jsonb, cancellation);
        }, cancellation);

    private static Task CopyAttemptsAsync(
        NpgsqlConnection connection, List<(Guid Id, RecordedAttempt Attempt)> attempts, CancellationToken cancellation) =>
        BulkCopy.WriteAsync(
            connection,
            "attempts (chain_id, index, epoch, imported, seed, accepted, judge_score, judge_no_score, feedback, judge_text, "
            + "shown_after, wall_seconds, generator_seconds, judge_seconds, function_evaluations, judge_tokens)",
            attempts,
            async (row, a) =>
            {
                var (attempt, costs) = (a.Attempt, a.Attempt.Costs);
                await row.WriteAsync(a.Id, cancellation);
                await row.WriteAsync(attempt.Index, cancellation);
                await row.WriteAsync(0, cancellation); // the epoch of a chain that nobody ever held
                await row.WriteAsync(true, cancellation);
                await row.WriteAsync(attempt.Seed, cancellation);
                await row.WriteAsync(attempt.Verdict?.Accepted, cancellation);
                await row.WriteAsync(attempt.Verdict?.Score, cancellation);
                await row.WriteAsync(attempt.Verdict?.NoScore, cancellation);
                await row.WriteAsync(attempt.Verdict?.Feedback, cancellation);
                await row.WriteAsync(attempt.JudgeText, cancellation);
                await row.WriteAsync(attempt.ShownAfter, cancellation);
                await row.WriteAsync(costs.WallSeconds, cancellation);
                await row.WriteAsync(costs.GeneratorSeconds, cancellation);
                await row.WriteAsync(costs.JudgeSeconds, cancellation);
                await row.WriteAsync(costs.FunctionEvaluations, cancellation);
                await row.WriteAsync(costs.JudgeTokens, cancellation);
            },
            cancellation);

    private static Task CopyScoresAsync(
        NpgsqlConnection connection, Guid scorer, List<(Guid Id, RecordedAttempt Attempt)> attempts, CancellationToken cancellation) =>
        BulkCopy.WriteAsync(connection, "scores (chain_id, attempt, scorer_id, correct, reason)", attempts, async (row, a) =>
        {
            await row.WriteAsync(a.Id, cancellation);
            await row.WriteAsync(a.Attempt.Index, cancellation);
            await row.WriteAsync(scorer, cancellation);
            await row.WriteAsync(a.Attempt.Correct, cancellation);
            await row.WriteAsync(a.Attempt.Reason, cancellation);
        }, cancellation);

    private static Task CopyDetectionsAsync(
        NpgsqlConnection connection, Guid scorer, List<(Guid Id, RecordedAttempt Attempt)> attempts, CancellationToken cancellation) =>
        BulkCopy.WriteAsync(
            connection,
            "detections (chain_id, attempt, scorer_id, index, class, x1, y1, x2, y2, score)",
            attempts.SelectMany(a => a.Attempt.Detections.Select((found, index) => (a.Id, a.Attempt, found, index))),
            async (row, d) =>
            {
                await row.WriteAsync(d.Id, cancellation);
                await row.WriteAsync(d.Attempt.Index, cancellation);
                await row.WriteAsync(scorer, cancellation);
                await row.WriteAsync(d.index, cancellation);
                await row.WriteAsync(d.found.Class, cancellation);
                await row.WriteAsync(d.found.Detection.X1, cancellation);
                await row.WriteAsync(d.found.Detection.Y1, cancellation);
                await row.WriteAsync(d.found.Detection.X2, cancellation);
                await row.WriteAsync(d.found.Detection.Y2, cancellation);
                await row.WriteAsync(d.found.Detection.Score, cancellation);
            },
            cancellation);

    private static Task CopyContextAsync(
        NpgsqlConnection connection, List<(Guid Id, ImportedChain Chain)> chains, CancellationToken cancellation) =>
        BulkCopy.WriteAsync(
            connection,
            "context_items (chain_id, attempt, position, source_attempt, source)",
            chains.SelectMany(c => c.Chain.Contexts.SelectMany((context, attempt) =>
                context.Select((item, position) => (c.Id, attempt, position, item)))),
            async (row, c) =>
            {
                await row.WriteAsync(c.Id, cancellation);
                await row.WriteAsync(c.attempt, cancellation);
                await row.WriteAsync(c.position, cancellation);
                await row.WriteAsync(c.item.Attempt, cancellation);
                await row.WriteAsync(c.item.Source is FeedbackSource.Scorer ? "scorer" : "judge", cancellation);
            },
            cancellation);

    private static async Task EndAsync(
        NpgsqlConnection connection, List<(Guid Id, ImportedChain Chain)> chains, CancellationToken cancellation)
    {
        await using var end = new NpgsqlCommand(
            "SELECT reflectdit.end_chain(chain, 0, shown, reason) FROM unnest($1, $2, $3) AS e (chain, shown, reason)", connection)
        {
            Parameters =
            {
                new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = chains.Select(c => c.Id).ToArray() },
                new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer, Value = chains.Select(c => c.Chain.Shown).ToArray() },
                new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = chains.Select(c => c.Chain.Failure).ToArray() },
            },
        };
        await end.ExecuteNonQueryAsync(cancellation);
    }
}
