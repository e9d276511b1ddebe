using System.Reflection;
using System.Security.Cryptography;
using Npgsql;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// Brings a database to the schema of this program: numbered scripts, each applied once, in one transaction, under an
/// advisory lock, and recorded with its hash. Touches nothing outside the schema <c>reflectdit</c>.
/// </summary>
public static class LedgerSchema
{
    private const int OldestServer = 15;

    /// <summary>Any number, the same in every version of the program.</summary>
    private const long Lock = 0x52_44_69_54_6c_65_64_67;

    /// <summary>The scripts in this program, by number.</summary>
    public static IReadOnlyList<Script> Scripts { get; } = ReadScripts();

    /// <exception cref="LedgerException">The server is too old, or the database holds scripts that are not ours.</exception>
    public static async Task ApplyAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        if (connection.PostgreSqlVersion.Major < OldestServer)
        {
            throw new LedgerException(
                $"PostgreSQL at {connection.Host} is version {connection.PostgreSqlVersion}; {OldestServer} or newer is needed.");
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Execute($"SELECT pg_advisory_xact_lock({Lock})");
        await Execute("""
            CREATE SCHEMA IF NOT EXISTS reflectdit;
            CREATE TABLE IF NOT EXISTS reflectdit.schema_scripts (
                number     integer PRIMARY KEY,
                name       text NOT NULL,
                sha256     text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now());
            """);
        var applied = await ReadApplied();
        foreach (var (number, name, hash) in applied)
        {
            if (!Scripts.Any(s => s.Number == number && s.Hash == hash))
            {
                throw new LedgerException(
                    $"Schema script {number} ({name}) of this database is not one of this program. "
                    + "Use the program that made the database, or another database.");
            }
        }

        foreach (var script in Scripts.Where(s => applied.TrueForAll(a => a.Number != s.Number)))
        {
            await Execute(script.Text);
            await using var record = new NpgsqlCommand(
                "INSERT INTO reflectdit.schema_scripts (number, name, sha256) VALUES ($1, $2, $3)", connection)
            {
                Parameters = { new() { Value = script.Number }, new() { Value = script.Name }, new() { Value = script.Hash } },
            };
            await record.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);

        async Task Execute(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellation);
        }

        async Task<List<(int Number, string Name, string Hash)>> ReadApplied()
        {
            await using var command = new NpgsqlCommand(
                "SELECT number, name, sha256 FROM reflectdit.schema_scripts ORDER BY number", connection);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var rows = new List<(int, string, string)>();
            while (await reader.ReadAsync(cancellation))
            {
                rows.Add((reader.GetInt32(0), reader.GetString(1), reader.GetString(2)));
            }

            return rows;
        }
    }

    private static List<Script> ReadScripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var scripts = new List<Script>();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            var bytes = memory.ToArray();
            scripts.Add(new(
                int.Parse(name.AsSpan(0, 4)),
                name,
                System.Text.Encoding.UTF8.GetString(bytes),
                Convert.ToHexStringLower(SHA256.HashData(bytes))));
        }

        return [.. scripts.OrderBy(s => s.Number)];
    }

    /// <summary>A numbered script; the number is the first four characters of its name.</summary>
    public sealed record Script(int Number, string Name, string Text, string Hash);
}
