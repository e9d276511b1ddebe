using Npgsql;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Many rows at once.</summary>
public static class BulkCopy
{
    /// <param name="target">Table and columns, such as <c>prompts (sweep_id, index)</c>.</param>
    /// <param name="write">Writes the values of one row, in the order of the columns.</param>
    public static async Task WriteAsync<T>(
        NpgsqlConnection connection,
        string target,
        IEnumerable<T> rows,
        Func<NpgsqlBinaryImporter, T, Task> write,
        CancellationToken cancellation)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            $"COPY reflectdit.{target} FROM STDIN (FORMAT binary)", cancellation);
        foreach (var row in rows)
        {
            await copy.StartRowAsync(cancellation);
            await write(copy, row);
        }

        await copy.CompleteAsync(cancellation);
    }
}
