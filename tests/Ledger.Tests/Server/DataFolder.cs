using Npgsql;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Ledger.Tests.Server;

/// <summary>A data folder with its private server, both gone at the end of the test.</summary>
internal sealed class DataFolder : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("reflectdit-server-").FullName;

    public DataFolder(string subfolder = "data", UnixFileMode? rootMode = null)
    {
        Path = System.IO.Path.Combine(_root, subfolder);
        File.SetUnixFileMode(_root, rootMode ?? OpenToAll);
    }

    public static UnixFileMode OpenToAll => OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public static UnixFileMode OwnerOnly => UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Path { get; }

    public string Cluster => System.IO.Path.Combine(Path, "postgres");

    public string PidFile => System.IO.Path.Combine(Cluster, "postmaster.pid");

    public Task<string> StartAsync(CancellationToken cancellation = default) =>
        PrivateServer.EnsureStartedAsync(Path, cancellation);

    public async Task<int?> ProcessIdAsync() => (await PrivateServer.ProbeAsync(Path)).ProcessId;

    /// <summary>Kills the first process of the server and waits until it is dead.</summary>
    public async Task KillServerAsync()
    {
        using var process = System.Diagnostics.Process.GetProcessById((await ProcessIdAsync())!.Value);
        process.Kill();
        await process.WaitForExitAsync();
    }

    public static async Task<object?> QueryAsync(string connectionString, string sql)
    {
        var unpooled = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(unpooled.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await PrivateServer.StopAsync(Path);
        Directory.Delete(_root, recursive: true);
    }
}
