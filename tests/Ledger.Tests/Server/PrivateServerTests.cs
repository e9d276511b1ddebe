using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Ledger.Tests.Server;

public sealed class PrivateServerTests
{
    [Fact]
    public async Task The_next_command_reuses_the_server_and_stop_ends_it()
    {
        await using var data = new DataFolder();
        Assert.Null(await data.ProcessIdAsync());
        var first = await data.StartAsync();
        await DataFolder.QueryAsync(first, "CREATE TABLE kept AS SELECT 42 AS number");
        var process = await data.ProcessIdAsync();
        Assert.NotNull(process);

        Assert.Equal(first, await data.StartAsync());
        Assert.Equal(process, await data.ProcessIdAsync());

        Assert.True(await PrivateServer.StopAsync(data.Path));
        Assert.Null(await data.ProcessIdAsync());
        Assert.False(File.Exists(data.PidFile));
        Assert.False(await PrivateServer.StopAsync(data.Path));

        Assert.Equal(42, await DataFolder.QueryAsync(await data.StartAsync(), "SELECT number FROM kept"));
    }

    [Fact]
    public async Task Commands_at_the_same_moment_get_the_same_server()
    {
        await using var data = new DataFolder();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => data.StartAsync())));
        Assert.Single(answers.Distinct());
        Assert.Equal("reflectdit", await DataFolder.QueryAsync(answers[0], "SELECT current_database()::text"));
    }

    [Fact]
    public async Task The_server_is_in_a_session_of_its_own()
    {
        await using var data = new DataFolder();
        await data.StartAsync();
        var process = (await data.ProcessIdAsync())!.Value;
        var fields = (await File.ReadAllTextAsync($"/proc/{process}/stat")).Split(") ")[1].Split(' ');
        // After the name: state, parent, process group, session, terminal.
        Assert.Equal([$"{process}", $"{process}", "0"], fields[2..5]);
    }

    [Fact]
    public async Task The_server_is_durable_and_speaks_on_its_socket_only()
    {
        await using var data = new DataFolder();
        var connection = await data.StartAsync();
        const string Settings = """
            SELECT string_agg(current_setting(name), ',' ORDER BY position) FROM unnest(ARRAY['listen_addresses',
            'fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums', 'server_encoding', 'lc_collate',
            'dynamic_shared_memory_type'])
            WITH ORDINALITY AS setting(name, position)
            """;
        Assert.Equal(",on,on,on,on,UTF8,C,mmap", await DataFolder.QueryAsync(connection, Settings));
        Assert.Equal(DataFolder.OwnerOnly, File.GetUnixFileMode(Npgsql(connection).Host!));
        Assert.Equal(DataFolder.OwnerOnly, File.GetUnixFileMode(data.Cluster));
    }

    [Fact]
    public async Task A_deep_data_folder_with_an_awkward_name_works()
    {
        await using var data = new DataFolder($"it's \"$HOME\" `x` {new string('d', 120)}/{new string('e', 120)}/ü");
        var connection = await data.StartAsync();
        Assert.Equal(1, await DataFolder.QueryAsync(connection, "SELECT 1"));
        Assert.InRange(Npgsql(connection).Host!.Length, 1, 107 - "/.s.PGSQL.5432.lock".Length);
    }

    [Fact]
    public async Task A_data_folder_reached_through_a_link_has_the_same_server()
    {
        await using var data = new DataFolder();
        var connection = await data.StartAsync();
        var link = data.Path + "-link";
        File.CreateSymbolicLink(link, data.Path);
        Assert.Equal(connection, await PrivateServer.EnsureStartedAsync(link));
    }

    [Fact]
    public async Task A_database_of_a_version_that_is_not_installed_is_refused_with_the_package_to_install()
    {
        await using var data = new DataFolder();
        Directory.CreateDirectory(data.Cluster);
        await File.WriteAllTextAsync(Path.Combine(data.Cluster, "PG_VERSION"), "14\n");
        var error = await Assert.ThrowsAsync<PostgresMissingException>(() => data.StartAsync());
        Assert.Contains("apt-get install postgresql-14", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cannot_start_shows_the_end_of_its_log()
    {
        await using var data = new DataFolder();
        await data.StartAsync();
        await PrivateServer.StopAsync(data.Path);
        File.Delete(Path.Combine(data.Cluster, "global", "pg_control"));
        var error = await Assert.ThrowsAsync<PrivateServerException>(() => data.StartAsync());
        Assert.Contains(Path.Combine(data.Cluster, "server.log"), error.Message, StringComparison.Ordinal);
        Assert.Contains("global/pg_control", error.Message, StringComparison.Ordinal);
    }

    private static Npgsql.NpgsqlConnectionStringBuilder Npgsql(string connectionString) => new(connectionString);
}
