using Npgsql;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Ledger.Tests.Server;

public sealed class PrivateServerRecoveryTests
{
    [Fact]
    public async Task Committed_rows_survive_a_killed_server_and_open_transactions_do_not()
    {
        await using var data = new DataFolder();
        var connectionString = await data.StartAsync();
        await DataFolder.QueryAsync(connectionString, "CREATE TABLE attempts(number int)");
        // Its backend is still there when the next server starts.
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO attempts SELECT generate_series(1, 1000)";
        await insert.ExecuteNonQueryAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await insert.ExecuteNonQueryAsync();

        await data.KillServerAsync();

        Assert.Null(await data.ProcessIdAsync());
        Assert.Equal(1000L, await DataFolder.QueryAsync(await data.StartAsync(), "SELECT count(*) FROM attempts"));
    }

    [Fact]
    public async Task A_stale_pid_file_that_names_another_living_server_is_not_believed()
    {
        await using var data = new DataFolder();
        await using var other = new DataFolder();
        await data.StartAsync();
        await other.StartAsync();
        var otherProcess = await other.ProcessIdAsync();
        await data.KillServerAsync();
        var lines = await File.ReadAllLinesAsync(data.PidFile);
        await File.WriteAllLinesAsync(data.PidFile, [$"{otherProcess}", .. lines[1..]]);

        Assert.Null(await data.ProcessIdAsync());
        Assert.False(await PrivateServer.StopAsync(data.Path));
        Assert.Equal(1, await DataFolder.QueryAsync(await data.StartAsync(), "SELECT 1"));
        Assert.NotEqual(otherProcess, await data.ProcessIdAsync());
        Assert.Equal(otherProcess, await other.ProcessIdAsync());
    }

    [Fact]
    public async Task A_command_that_ends_in_the_middle_of_initdb_leaves_nothing_half_made()
    {
        await using var data = new DataFolder();
        Directory.CreateDirectory(data.Path);
        using var watcher = new FileSystemWatcher(data.Path, "PG_VERSION") { IncludeSubdirectories = true };
        using var cancellation = new CancellationTokenSource();
        watcher.Created += (_, _) => cancellation.Cancel();
        watcher.EnableRaisingEvents = true;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => data.StartAsync(cancellation.Token));
        Assert.False(Directory.Exists(data.Cluster));

        // What a command killed by the machine's end leaves, it cannot sweep up itself.
        var leftover = Path.Combine(data.Path, "postgres.new-killed");
        Directory.CreateDirectory(leftover);
        await File.WriteAllTextAsync(Path.Combine(leftover, "PG_VERSION"), "15\n");
        Assert.Equal(1, await DataFolder.QueryAsync(await data.StartAsync(), "SELECT 1"));
        Assert.Equal([data.Cluster], Directory.GetDirectories(data.Path));
    }

    [Fact]
    public async Task A_server_whose_socket_was_swept_away_is_started_again()
    {
        await using var data = new DataFolder();
        var connection = await data.StartAsync();
        await DataFolder.QueryAsync(connection, "CREATE TABLE kept AS SELECT 42 AS number");
        Directory.Delete(new NpgsqlConnectionStringBuilder(connection).Host!, recursive: true);
        Assert.Equal(42, await DataFolder.QueryAsync(await data.StartAsync(), "SELECT number FROM kept"));
    }
}
