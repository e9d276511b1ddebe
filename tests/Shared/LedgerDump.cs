using Npgsql;

namespace ReflectDiT.Eval.Testing;

/// <summary>
/// Every row that a sweep left in a ledger, as text in a fixed order: all columns but those of time (clock and wall
/// seconds) and of who worked when (epochs, leases, patience, placement). Two ledgers with equal dumps recorded the same.
/// </summary>
internal static class LedgerDump
{
    private static readonly string[] Queries =
    [
        "SELECT to_jsonb(s) - 'created_at' - 'state' - 'calls' FROM reflectdit.sweeps s ORDER BY id",
        "SELECT to_jsonb(s) FROM reflectdit.scorers s ORDER BY id",
        "SELECT to_jsonb(w) FROM reflectdit.sweep_scorers w ORDER BY sweep_id, name",
        "SELECT to_jsonb(a) FROM reflectdit.arms a ORDER BY sweep_id, index",
        "SELECT to_jsonb(i) - 'imported_at' FROM reflectdit.imports i ORDER BY sweep_id, arm",
        "SELECT to_jsonb(m) - 'placement' FROM reflectdit.models m ORDER BY sweep_id, id",
        "SELECT to_jsonb(p) FROM reflectdit.prompts p ORDER BY sweep_id, index",
        "SELECT to_jsonb(c) - 'epoch' - 'worker' - 'waits_since' - 'needs' FROM reflectdit.chains c ORDER BY id",
        "SELECT to_jsonb(a) - 'epoch' - 'created_at' - 'wall_seconds' FROM reflectdit.attempt_records a ORDER BY chain_id, index",
        "SELECT to_jsonb(c) FROM reflectdit.context_items c ORDER BY chain_id, attempt, position",
        "SELECT to_jsonb(s) FROM reflectdit.attempt_scores s ORDER BY chain_id, attempt, scorer_id",
    ];

    public static async Task<IReadOnlyList<string>> OfAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        var rows = new List<string>();
        foreach (var query in Queries)
        {
            await using var command = source.CreateCommand(query);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                rows.Add(reader.GetString(0));
            }
        }

        return rows;
    }
}
