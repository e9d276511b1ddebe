using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Plans sweeps and finds them again.</summary>
public sealed class SweepStore(NpgsqlDataSource source)
{
    /// <summary>Writes the sweep with all its chains, unless it is there already.</summary>
    public async Task PlanAsync(SweepPlan plan, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await InsertAsync(connection, plan, SweepState.Running, cancellation))
        {
            await using var tell = new NpgsqlCommand($"NOTIFY {WorkerSession.Channel}", connection);
            await tell.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
    }

    /// <summary>The rows of a sweep before its first attempt, in the transaction of the connection.</summary>
    /// <returns>False when the sweep was there already.</returns>
    public static async Task<bool> InsertAsync(
        NpgsqlConnection connection, SweepPlan plan, string state, CancellationToken cancellation)
    {
        if (plan.Scorer is { } scorer)
        {
            await ScoringStore.WriteAsync(connection, scorer, cancellation);
        }

        await using (var sweep = new NpgsqlCommand(
            """
            INSERT INTO reflectdit.sweeps (id, name, configuration, seed, replicates, scorer_id, calls, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET calls = EXCLUDED.calls
            RETURNING xmax = 0
            """, connection)
        {
            Parameters =
            {
                new() { Value = plan.Id },
                new() { Value = plan.Name },
                new() { Value = plan.Configuration },
                new() { Value = plan.Seed },
                new() { Value = plan.Replicates },
                Sql.Optional(plan.Scorer?.Id),
                new() { Value = plan.Calls },
                new() { Value = state },
            },
        })
        {
            // xmax is 0 in a row that was inserted, not updated.
            var isNew = await sweep.ExecuteScalarAsync(cancellation) is true;
            await ModelStore.WriteAsync(connection, plan.Id, plan.Models, cancellation);
            if (!isNew)
            {
                return false;
            }

            if (plan.Scorer is { } own)
            {
                await ScoringStore.LinkAsync(connection, plan.Id, ScoringStore.Own, own.Id, cancellation);
            }
        }

        await BulkCopy.WriteAsync(connection, "prompts (sweep_id, index, stratum, prompt, metadata)", plan.Prompts.Index(), async (row, p) =>
        {
            await row.WriteAsync(plan.Id, cancellation);
            await row.WriteAsync(p.Index, cancellation);
            await row.WriteAsync(p.Item.Stratum, cancellation);
            await row.WriteAsync(p.Item.Text, cancellation);
            await row.WriteAsync(p.Item.Metadata, cancellation);
        }, cancellation);
        await BulkCopy.WriteAsync(connection, "arms (sweep_id, index, name, max_attempts, simulated, oracle, published)", plan.Arms.Index(), async (row, a) =>
        {
            await row.WriteAsync(plan.Id, cancellation);
            await row.WriteAsync(a.Index, cancellation);
            await row.WriteAsync(a.Item.Name, cancellation);
            await row.WriteAsync(a.Item.MaxAttempts, cancellation);
            await row.WriteAsync(a.Item.Simulated, cancellation);
            await row.WriteAsync(a.Item.Oracle, cancellation);
            await row.WriteAsync(a.Item.Published, NpgsqlDbType.Text, cancellation);
        }, cancellation);
        await BulkCopy.WriteAsync(connection, "chains (id, sweep_id, arm, prompt, replicate)", Chains(plan), async (row, c) =>
        {
            await row.WriteAsync(Identity.OfChain(plan.Id, c.Arm, c.Prompt, c.Replicate), cancellation);
            await row.WriteAsync(plan.Id, cancellation);
            await row.WriteAsync(c.Arm, cancellation);
            await row.WriteAsync(c.Prompt, cancellation);
            await row.WriteAsync(c.Replicate, cancellation);
        }, cancellation);
        return true;
    }

    /// <summary>Pauses, resumes, cancels or reopens a sweep, and tells the workers. To say it again is harmless.</summary>
    public async Task SetStateAsync(Guid sweep, string state, CancellationToken cancellation)
    {
        await using var set = source.CreateCommand($"""
            WITH changed AS (UPDATE reflectdit.sweeps SET state = $2 WHERE id = $1 AND state <> $2 RETURNING 1)
            SELECT pg_notify('{WorkerSession.Channel}', '') FROM changed
            """);
        set.Parameters.Add(new() { Value = sweep });
        set.Parameters.Add(new() { Value = state });
        await set.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The sweep of a name, or of an id or the beginning of one (at least four digits).</summary>
    /// <exception cref="SweepNotFoundException">None fits, or more than one.</exception>
    public async Task<SweepRow> FindAsync(string nameOrId, CancellationToken cancellation)
    {
        nameOrId = PlainName.Of(nameOrId);
        await using var ledger = new LedgerContext(source);
        var sweeps = await ledger.Sweeps.OrderBy(s => s.CreatedAt).ToListAsync(cancellation);
        var found = sweeps.Where(s => s.Name == nameOrId).ToList();
        if (found.Count == 0 && nameOrId.Length >= 4)
        {
            found = sweeps.Where(s => s.Id.ToString().StartsWith(nameOrId.ToLowerInvariant(), StringComparison.Ordinal)).ToList();
        }

        return found switch
        {
            [var one] => one,
            [] => throw new SweepNotFoundException(
                $"No sweep is called '{nameOrId}'. " + (sweeps.Count == 0
                    ? "The ledger holds none yet: start one with 'reflectdit demo' or 'reflectdit run SWEEP.yaml'."
                    : $"The ledger holds: {string.Join(", ", sweeps.Select(Label))}.")),
            _ => throw new SweepNotFoundException(
                $"{found.Count} sweeps are called '{nameOrId}', with different configurations. "
                + $"Say which by its id: {string.Join(", ", found.Select(Label))}."),
        };

        static string Label(SweepRow s) => $"{s.Name} ({s.Id.ToString()[..8]}, {s.CreatedAt:yyyy-MM-dd HH:mm})";
    }

    private static IEnumerable<(int Arm, int Prompt, int Replicate)> Chains(SweepPlan plan) =>
        from replicate in Enumerable.Range(0, plan.Replicates)
        from prompt in Enumerable.Range(0, plan.Prompts.Count)
        from arm in Enumerable.Range(0, plan.Arms.Count)
        select (arm, prompt, replicate);
}
