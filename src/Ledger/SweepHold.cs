using Microsoft.EntityFrameworkCore;
using Npgsql;
using ReflectDiT.Eval.Core.Judging;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// One process's right to work on a sweep: a session's advisory lock, and chains taken at a new epoch. The lock tells
/// a second process at once that it must not start; the epoch stops a first one that only believes it still holds it.
/// </summary>
public sealed class SweepHold : IAsyncDisposable
{
    private readonly NpgsqlConnection _session;

    private SweepHold(NpgsqlConnection session, IReadOnlyList<OpenChain> chains)
    {
        _session = session;
        Chains = chains;
    }

    /// <summary>The chains that were taken, in the order in which they should be worked on.</summary>
    public IReadOnlyList<OpenChain> Chains { get; }

    /// <summary>Takes the unfinished chains of some prompts; failed ones get another try.</summary>
    /// <exception cref="LedgerException">Another process works on this sweep.</exception>
    public static async Task<SweepHold> TakeAsync(
        NpgsqlDataSource source, SweepPlan sweep, IReadOnlyCollection<int> prompts, CancellationToken cancellation)
    {
        var session = await source.OpenConnectionAsync(cancellation);
        try
        {
            await LockAsync(session, sweep, cancellation);
            var taken = await TakeChainsAsync(session, sweep.Id, [.. prompts], cancellation);
            var histories = await HistoriesAsync(source, sweep, cancellation);
            return new SweepHold(session, [.. taken
                .OrderBy(c => (c.Replicate, c.Prompt, c.Arm))
                .Select(c => c with { History = histories.GetValueOrDefault(c.Id, []) })]);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // A pooled session keeps its locks until it is used again.
            await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", _session);
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The session is broken, and its lock gone with it.
        }

        await _session.DisposeAsync();
    }

    private static async Task LockAsync(NpgsqlConnection session, SweepPlan sweep, CancellationToken cancellation)
    {
        // The server notices within moments that a killed process is gone; a living one does not let go.
        for (var patience = TimeSpan.FromSeconds(5); ; patience -= TimeSpan.FromMilliseconds(100))
        {
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", session)
            {
                Parameters = { new() { Value = $"reflectdit sweep {sweep.Id}" } },
            };
            if (await command.ExecuteScalarAsync(cancellation) is true)
            {
                return;
            }

            if (patience <= TimeSpan.Zero)
            {
                throw new LedgerException(
                    $"Another process is working on sweep {sweep.Name} ({sweep.Id}). Wait for it, or stop it first.");
            }

            await Task.Delay(100, cancellation);
        }
    }

    private static async Task<List<OpenChain>> TakeChainsAsync(
        NpgsqlConnection session, Guid sweep, int[] prompts, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            UPDATE reflectdit.chains SET epoch = epoch + 1, state = 'open', failure = NULL
            WHERE sweep_id = $1 AND prompt = ANY ($2) AND state <> 'done'
            RETURNING id, arm, prompt, replicate, epoch
            """, session)
        {
            Parameters = { new() { Value = sweep }, new() { Value = prompts } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var chains = new List<OpenChain>();
        while (await reader.ReadAsync(cancellation))
        {
            chains.Add(new(
                reader.GetGuid(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt32(4), []));
        }

        return chains;
    }

    private static async Task<Dictionary<Guid, List<StoredAttempt>>> HistoriesAsync(
        NpgsqlDataSource source, SweepPlan sweep, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(source);
        var rows = await (
            from chain in ledger.Chains
            where chain.SweepId == sweep.Id && chain.State == ChainState.Open
            join attempt in ledger.Attempts on chain.Id equals attempt.ChainId
            join score in ledger.Scores on new { attempt.ChainId, Attempt = attempt.Index } equals new { score.ChainId, score.Attempt }
            where score.ScorerId == sweep.Scorer.Id
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
