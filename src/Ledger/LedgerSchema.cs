using System.Reflection;
using System.Security.Cryptography;
using Npgsql;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// Makes the ledger's tables in a database that has none: one script, applied once, in one transaction, under an
/// advisory lock, and recorded with its hash. Touches nothing outside the schema <c>reflectdit</c>.
/// </summary>
public static class LedgerSchema
{
    private const int OldestServer = 15;
    private const string Encoding = "UTF8";

    /// <summary>Any number, the same in every version of the program.</summary>
    private const long Lock = 0x52_44_69_54_6c_65_64_67;

    private static readonly byte[] Script = ReadScript();

    /// <summary>SHA-256 of the script, in hexadecimal digits.</summary>
    public static string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(Script));

    /// <exception cref="LedgerException">The server is too old, or another version of the program made the tables.</exception>
    public static async Task ApplyAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        CheckServer(connection);
        if (await AppliedAsync(connection, cancellation))
        {
            return;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({Lock})", cancellation);
        if (!await AppliedAsync(connection, cancellation))
        {
            await ExecuteAsync(
                connection,
                "CREATE SCHEMA IF NOT EXISTS reflectdit;\n" + System.Text.Encoding.UTF8.GetString(Script)
                + $"""

                CREATE TABLE reflectdit.schema AS SELECT '{Hash}' AS sha256, now() AS applied_at;
                """,
                cancellation);
        }

        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Whether the tables are there. Nothing is written.</summary>
    /// <exception cref="LedgerException">As for <see cref="ApplyAsync"/>.</exception>
    public static async Task<bool> IsAppliedAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        CheckServer(connection);
        return await AppliedAsync(connection, cancellation);
    }

    private static void CheckServer(NpgsqlConnection connection)
    {
        if (connection.PostgreSqlVersion.Major < OldestServer)
        {
            throw new LedgerException(
                $"PostgreSQL at {connection.Host} is version {connection.PostgreSqlVersion}; {OldestServer} or newer is needed.");
        }

        if (connection.PostgresParameters.TryGetValue("server_encoding", out var encoding) && encoding != Encoding)
        {
            throw new LedgerException($"Database {connection.Database} has the encoding {encoding}, which does not hold every prompt: make "
                + $"one with CREATE DATABASE ... ENCODING '{Encoding}' TEMPLATE template0.");
        }
    }

    /// <exception cref="LedgerException">The tables are those of another version.</exception>
    private static async Task<bool> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var there = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'reflectdit' AND tablename = 'schema')", connection);
        if (await there.ExecuteScalarAsync(cancellation) is not true)
        {
            return false;
        }

        await using var read = new NpgsqlCommand("SELECT sha256 FROM reflectdit.schema", connection);
        return (string?)await read.ExecuteScalarAsync(cancellation) == Hash
            ? true
            : throw new LedgerException(
                $"The tables in database {connection.Database} were made by another version of this program. "
                + "Use that version, or another database (--database), or another folder (--data).");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static byte[] ReadScript()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("ledger.sql")!;
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
