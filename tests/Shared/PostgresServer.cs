using Npgsql;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Testing;

/// <summary>
/// A real PostgreSQL server for a test class (<c>IClassFixture</c>), shared by all classes of the test run and stopped
/// when the last of them is done. Each test, or class, makes a fresh database in it.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private static readonly string FolderPrefix = $"reflectdit-tests-{Environment.UserName}-";
    private static readonly SemaphoreSlim Turn = new(1, 1);
    private static readonly string Folder = Path.Combine(Path.GetTempPath(), FolderPrefix + Environment.ProcessId);

    private static int _users;
    private static int _databases;
    private string _connectionString = "";

    /// <summary>An empty database of its own.</summary>
    /// <returns>Npgsql's connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        var administration = new NpgsqlConnectionStringBuilder(_connectionString) { Pooling = false };
        await using (var connection = new NpgsqlConnection(administration.ConnectionString))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = $"CREATE DATABASE {name}";
            await command.ExecuteNonQueryAsync();
        }
        return new NpgsqlConnectionStringBuilder(_connectionString) { Database = name }.ConnectionString;
    }

    public async ValueTask InitializeAsync()
    {
        await Turn.WaitAsync();
        try
        {
            if (_users == 0)
                await RemoveLeftoversAsync();
            _connectionString = await PrivateServer.EnsureStartedAsync(Folder);
            _users++;
        }
        finally
        {
            Turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Turn.WaitAsync();
        try
        {
            if (--_users > 0)
                return;
            await PrivateServer.StopAsync(Folder);
            Directory.Delete(Folder, recursive: true);
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>A killed test run could not stop its server.</summary>
    private static async Task RemoveLeftoversAsync()
    {
        foreach (var folder in Directory.GetDirectories(Path.GetTempPath(), FolderPrefix + "*"))
        {
            if (Directory.Exists("/proc/" + Path.GetFileName(folder)[FolderPrefix.Length..]))
                continue;
            try
            {
                await PrivateServer.StopAsync(folder);
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException)
            {
                // Another test project's run removes it at this moment.
            }
        }
    }
}
