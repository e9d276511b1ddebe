using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>Writes arms that were run elsewhere.</summary>
public sealed class ImportStore(NpgsqlDataSource source)
{
    /// <summary>Images in memory at once.</summary>
    private const int ImagesAtOnce = 16;

    /// <summary>Images that are decoded at once.</summary>
    private static readonly ParallelOptions Decoding = new() { MaxDegreeOfParallelism = Math.Min(4, Environment.ProcessorCount) };

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the sweep with everything of it in one transaction, unless it is there already.</summary>
    /// <param name="arms">In the order of the plan.</param>
    /// <param name="artifacts">Takes the images that the input has; null to leave them where they are.</param>
    /// <returns>
    /// Whether the sweep is new, how many images were taken in (also those of a sweep that was imported without), and the
    /// arms with what was found of their images.
    /// </returns>
    public async Task<(bool New, int Images, IReadOnlyList<ImportedArm> Arms)> WriteAsync(
        SweepPlan plan, IReadOnlyList<ImportedArm> arms, ArtifactStore? artifacts, CancellationToken cancellation)
    {
        var chains = arms.SelectMany((arm, index) => arm.Chains.Select(chain =>
            (Id: Identity.OfChain(plan.Id, index, chain.Prompt, chain.Replicate), Chain: chain))).ToList();
        var attempts = chains.SelectMany(c => c.Chain.Attempts.Select(a => (c.Id, Attempt: a))).ToList();
        var images = new List<(Guid Chain, int Index, byte[] Name)>();
        if (artifacts is not null)
        {
            arms = [.. arms.Select((arm, index) =>
                arm with { Findings = [.. arm.Findings, .. SaveImages(artifacts, plan.Id, index, arm, images, cancellation)] })];
        }

        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await SweepStore.InsertAsync(connection, plan, SweepState.Imported, cancellation))
        {
            var added = await AddImagesAsync(connection, images, cancellation);
            await transaction.CommitAsync(cancellation);
            return (false, added, arms);
        }

        await CopyImportsAsync(connection, plan, arms, cancellation);
        await CopyDrawingsAsync(connection, attempts, cancellation);
        await CopyJudgementsAsync(connection, attempts, cancellation);
        await CopyAttemptsAsync(connection, attempts, cancellation);
        if (plan.Scorer is { } scorer)
        {
            await CopyScoresAsync(connection, scorer.Id, attempts, cancellation);
        }

        await CopyContextAsync(connection, chains, cancellation);
        await EndAsync(connection, chains, cancellation);
        var taken = await AddImagesAsync(connection, images, cancellation);
        await transaction.CommitAsync(cancellation);
        return (true, taken, arms);
    }

    /// <summary>Copies the images of an arm: whole and durable before any row names them.</summary>
    /// <returns>Which of them cannot be taken in, and why.</returns>
    private static List<Finding> SaveImages(
        ArtifactStore artifacts,
        Guid sweep,
        int index,
        ImportedArm arm,
        List<(Guid Chain, int Index, byte[] Name)> saved,
        CancellationToken cancellation)
    {
        var attempts = arm.Chains.SelectMany(c =>
            c.Attempts.Select(a => (Chain: Identity.OfChain(sweep, index, c.Prompt, c.Replicate), Attempt: a))).ToList();
        var findings = new List<Finding>();
        var without = attempts.Where(a => a.Attempt.Image is null).Select(a => a.Attempt).ToList();
        if (without.Count > 0)
        {
            findings.Add(new(
                FindingKind.NoImage, $"{without.Count} records whose image is not there, this one first", without[0].File, without[0].Line));
        }

        foreach (var some in attempts.Where(a => a.Attempt.Image is not null).Chunk(ImagesAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            var read = new (byte[]? Content, string? Fault)[some.Length];
            Parallel.For(0, some.Length, Decoding, i => read[i] = Read(some[i].Attempt.Image!));
            findings.AddRange(some.Zip(read).Where(r => r.Second.Fault is not null)
                .Select(r => new Finding(FindingKind.NoImage, r.Second.Fault!, r.First.Attempt.Image!.File)));
            var whole = some.Zip(read).Where(r => r.Second.Content is not null)
                .Select(r => (r.First.Chain, r.First.Attempt.Index, Name: ArtifactStore.NameOf(r.Second.Content), Content: r.Second.Content!))
                .ToList();
            artifacts.Save([.. whole.Select(w => (w.Name, (ReadOnlyMemory<byte>)w.Content))]);
            saved.AddRange(whole.Select(w => (w.Chain, w.Index, w.Name)));
        }

        return findings;
    }

    private static (byte[]? Content, string? Fault) Read(RecordedImage image)
    {
        try
        {
            return (image.Read(), null);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return (null, $"not imported: {e.Message}");
        }
    }

    private static async Task<int> AddImagesAsync(
        NpgsqlConnection connection, List<(Guid Chain, int Index, byte[] Name)> images, CancellationToken cancellation)
    {
        await using var add = new NpgsqlCommand(
            """
            UPDATE reflectdit.drawings d SET image = i.image
            FROM unnest($1, $2) AS i (id, image) WHERE d.id = i.id AND d.image IS NULL
            """, connection)
        {
            Parameters =
            {
                new() { Value = images.Select(i => Drawing(i.Chain, i.Index)).ToArray() },
                new() { Value = images.Select(i => i.Name).ToArray() },
            },
        };
        return await add.ExecuteNonQueryAsync(cancellation);
    }

    private static Task CopyImportsAsync(
        NpgsqlConnection connection, SweepPlan plan, IReadOnlyList<ImportedArm> arms, CancellationToken cancellation) =>
        BulkCopy.WriteAsync(connection, "imports (sweep_id, arm, format, path, sha256, findings)", arms.Index(),
            async (row, a) =>
        {
            await row.WriteAsync(plan.Id, cancellation);
            await row.WriteAsync(a.Index, cancellation);
            await row.WriteAsync(a.Item.Input.Format, cancellation);
            await row.WriteAsync(a.Item.Input.Path, cancellation);
            await row.WriteAsync(Convert.FromHexString(a.Item.Input.Sha256), cancellation);
            await row.WriteAsync(JsonSerializer.Serialize(a.Item.Findings, Json), NpgsqlDbType.Jsonb, cancellation);
        }, cancellation);

    /// <summary>What was drawn elsewhere is no other's drawing: what it was made from is not known.</summary>
    private static Guid Drawing(Guid chain, int attempt) => Identity.Of($"imported drawing\n{chain}\n{attempt}");

    /// <summary>Null where nothing is known of one.</summary>
    private static Guid? Judgement(Guid chain, RecordedAttempt attempt) =>
        attempt.Verdict is not null || attempt.JudgeText is not null || attempt.Costs is { JudgeSeconds: not null } or { JudgeTokens: not null }
            ? Identity.Of($"imported judgement\n{chain}\n{attempt.Index}")
            : null;

    /// <summary>How long both took is known in one, and is the drawing's.</summary>
    private static Task CopyDrawingsAsync(
        NpgsqlConnection connection, List<(Guid Id, RecordedAttempt Attempt)> attempts, CancellationToken cancellation) =>
        BulkCopy.WriteAsync(
            connection,
            "drawings (id, imported, seed, seconds, device_seconds, function_evaluations)",
            attempts,
            async (row, a) =>
            {
                var (attempt, costs) = (a.Attempt, a.Attempt.Costs);
                await row.WriteAsync(Drawing(a.Id, attempt.Index), cancellation);
                await row.WriteAsync(true, cancellation);
                await row.WriteAsync(attempt.Seed, cancellation);
                await row.WriteAsync(costs.WallSeconds, cancellation);
                await row.WriteAsync(costs.GeneratorSeconds, cancellation);
                await row.WriteAsync(costs.FunctionEvaluations, cancellation);
            },
            cancellation);

    private static Task CopyJudgementsAsync(
        NpgsqlConnection connection, List<(Guid Id, RecordedAttempt Attempt)> attempts, CancellationToken cancellation) =>
        BulkCopy.WriteAsync(
            connection,
            "judgements (id, imported, accepted, score, no_score, feedback, text, device_seconds, tokens)",
            attempts.Select(a => (Id: Judgement(a.Id, a.Attempt), a.Attempt)).Where(a => a.Id is not null),
            async (row, a) =>
            {
                var attempt = a.Attempt;
                await row.WriteAsync(a.Id!.Value, cancellation);
                await row.WriteAsync(true, cancellation);
                await row.WriteAsync(attempt.Verdict?.Accepted, cancellation);
                await row.WriteAsync(attempt.Verdict?.Score, cancellation);
                await row.WriteAsync(attempt.Verdict?.NoScore, cancellation);
                await row.WriteAsync(attempt.Verdict?.Feedback, cancellation);
                await row.WriteAsync(attempt.JudgeText, cancellation);
                await row.WriteAsync(attempt.Costs.JudgeSeconds, cancellation);
                await row.WriteAsync(attempt.Costs.JudgeTokens, cancellation);
            },
            cancellation);

    private static Task CopyAttemptsAsync(
        NpgsqlConnection connection, List<(Guid Id, RecordedAttempt Attempt)> attempts, CancellationToken cancellation) =>
        BulkCopy.WriteAsync(
            connection,
            "attempts (chain_id, index, step, place, epoch, imported, drawing_id, judgement_id, shown_after)",
            attempts,
            async (row, a) =>
            {
                await row.WriteAsync(a.Id, cancellation);
                await row.WriteAsync(a.Attempt.Index, cancellation);
                await row.WriteAsync(a.Attempt.Index, cancellation); // a step for each: nothing records which were drawn at once
                await row.WriteAsync(0, cancellation);
                await row.WriteAsync(0, cancellation); // the epoch of a chain that nobody ever held
                await row.WriteAsync(true, cancellation);
                await row.WriteAsync(Drawing(a.Id, a.Attempt.Index), cancellation);
                await row.WriteAsync(Judgement(a.Id, a.Attempt), cancellation);
                await row.WriteAsync(a.Attempt.ShownAfter, cancellation);
            },
            cancellation);

    private static Task CopyScoresAsync(
        NpgsqlConnection connection,
        Guid scorer,
        List<(Guid Id, RecordedAttempt Attempt)> attempts,
        CancellationToken cancellation) =>
        BulkCopy.WriteAsync(
            connection,
            "scores (drawing_id, scorer_id, value, passed, reason, evidence)",
            attempts.Where(a => a.Attempt.Score is not null).Select(a => (Id: Drawing(a.Id, a.Attempt.Index), Score: a.Attempt.Score!)),
            async (row, a) =>
            {
                await row.WriteAsync(a.Id, cancellation);
                await row.WriteAsync(scorer, cancellation);
                await row.WriteAsync(a.Score.Value, cancellation);
                await row.WriteAsync(a.Score.Passed, cancellation);
                await row.WriteAsync(a.Score.Reason, cancellation);
                await row.WriteAsync(a.Score.Evidence, NpgsqlDbType.Json, cancellation);
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
            """
            SELECT reflectdit.end_chain(chain, 0, shown, reason)
            FROM unnest($1, $2, $3) AS e (chain, shown, reason)
            """, connection)
        {
            Parameters =
            {
                Column(NpgsqlDbType.Uuid, chains.Select(c => c.Id).ToArray()),
                Column(NpgsqlDbType.Integer, chains.Select(c => c.Chain.Shown).ToArray()),
                Column(NpgsqlDbType.Text, chains.Select(c => c.Chain.Failure).ToArray()),
            },
        };
        await end.ExecuteNonQueryAsync(cancellation);
    }

    private static NpgsqlParameter Column<T>(NpgsqlDbType type, T[] values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values };
}
