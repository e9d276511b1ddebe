using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Server;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>
/// A data folder that the command is given, with the ledger that it writes: in a database of ours, or in the private
/// server of the folder, which ends with the test.
/// </summary>
internal sealed class LedgerFolder : IAsyncDisposable
{
    private const string UndefinedTable = "42P01";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Many silos that start at once on few cores take a while.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    private readonly string? _database;
    private readonly List<RunningCli> _started = [];

    private LedgerFolder(string? database)
    {
        _database = database;
        Path = Directory.CreateTempSubdirectory("reflectdit-cli-").FullName;
        // The private server runs as another user when the tests run as root.
        File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101);
    }

    public string Path { get; }

    public static LedgerFolder Private() => new(null);

    public static async Task<LedgerFolder> InAsync(PostgresServer server) => new(await server.CreateDatabaseAsync());

    /// <summary>The command ends with the folder, if it has not ended before.</summary>
    public Task<RunningCli> StartAsync(params string[] args) => StartWithinAsync([], args);

    /// <param name="within">What stands before the command, and becomes it.</param>
    public async Task<RunningCli> StartWithinAsync(IReadOnlyList<string> within, params string[] args)
    {
        var command = await RunningCli.StartAsync([.. args, "--data", Path], database: _database, within: within);
        _started.Add(command);
        return command;
    }

    /// <summary>In this process.</summary>
    public Task<CliProcess> RunAsync(params string[] args) =>
        InProcess.RunAsync([.. args, "--data", Path, .. _database is null ? [] : new[] { "--database", _database }]);

    public async Task<CliProcess> RunProcessAsync(params string[] args)
    {
        var command = await StartAsync(args);
        return await command.EndAsync();
    }

    /// <summary>The process of the private server, once the command has started it.</summary>
    public async Task<int> ServerAsync()
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < Patience; await Task.Delay(Poll))
        {
            if ((await PrivateServer.ProbeAsync(Path)).ProcessId is { } process)
                return process;
        }

        throw new TimeoutException("no private server was started");
    }

    /// <summary>Npgsql's connection string; a private server is started if it does not run.</summary>
    public async Task<string> AddressAsync() => _database ?? await PrivateServer.EnsureStartedAsync(Path);

    /// <summary>Waits until a number that the database tells has grown to <paramref name="value"/>.</summary>
    /// <param name="patience">For so long; <see cref="Patience"/> when null.</param>
    public async Task ReachAsync(long value, string sql, RunningCli run, TimeSpan? patience = null)
    {
        await using var source = NpgsqlDataSource.Create(await AddressAsync());
        var waited = Stopwatch.StartNew();
        for (var ended = false; !ended && waited.Elapsed < (patience ?? Patience); await Task.Delay(Poll))
        {
            ended = run.HasEnded;
            try
            {
                await using var command = source.CreateCommand(sql);
                if (await command.ExecuteScalarAsync() is long found && found >= value)
                    return;
            }
            catch (NpgsqlException e) when (e.SqlState == UndefinedTable || LedgerSession.IsOutage(e))
            {
                // Not there yet, or on its way back.
            }
        }

        throw new TimeoutException(
            $"the run ended, or came to a halt, before this became {value}: {sql}\n{await EndAllAsync()}");
    }

    public Task ReachAttemptsAsync(long attempts, RunningCli run) =>
        ReachAsync(attempts, "SELECT count(*) FROM reflectdit.attempts", run);

    /// <summary>Waits until so many of the command's sessions wait for a lock.</summary>
    public Task ReachWaitingAsync(long sessions, RunningCli run) => ReachAsync(
        sessions,
        """
        SELECT count(*) FROM pg_stat_activity WHERE application_name = 'reflectdit' AND wait_event_type = 'Lock'
            AND datname = current_database()
        """,
        run);

    /// <summary>As the first run does.</summary>
    public async Task MakeTablesAsync() =>
        await (await LedgerSession.OpenAsync(Path, await AddressAsync(), CancellationToken.None)).DisposeAsync();

    /// <summary>
    /// Makes each write of attempts take as long as on a slow disk: what happens on the way then does so on every machine.
    /// </summary>
    public async Task SlowWritesAsync()
    {
        await MakeTablesAsync();
        await using var source = NpgsqlDataSource.Create(await AddressAsync());
        await using var command = source.CreateCommand(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
            CREATE TRIGGER slow BEFORE INSERT ON reflectdit.attempts FOR EACH STATEMENT EXECUTE FUNCTION slow()
            """);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Lets no attempt become durable until it is disposed: each waits in the middle of its transaction.</summary>
    public async Task<NpgsqlConnection> HoldWritesAsync()
    {
        var unpooled = new NpgsqlConnectionStringBuilder(await AddressAsync()) { Pooling = false };
        var connection = new NpgsqlConnection(unpooled.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE reflectdit.attempts IN EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    public async Task<long> ScalarAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(await AddressAsync());
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async Task<IReadOnlyList<string>> DumpAsync() => await LedgerDump.OfAsync(await AddressAsync());

    /// <summary>All but the time that the models took: networks measure theirs.</summary>
    public async Task<List<string>> NetworkRowsAsync() => [.. (await DumpAsync()).Select(row =>
    {
        var json = JsonNode.Parse(row)!.AsObject();
        json.Remove("generator_seconds");
        json.Remove("judge_seconds");
        return json.ToJsonString();
    })];

    /// <summary>Reads every image that a row names, and fails if one is not there whole under its hash.</summary>
    /// <returns>How many attempts there are.</returns>
    public async Task<int> CheckImagesAsync()
    {
        var store = new ArtifactStore(System.IO.Path.Combine(Path, "artifacts"));
        await using var source = NpgsqlDataSource.Create(await AddressAsync());
        await using var command = source.CreateCommand("SELECT image FROM reflectdit.attempt_records");
        await using var reader = await command.ExecuteReaderAsync();
        var attempts = 0;
        for (; await reader.ReadAsync(); attempts++)
            await store.ReadAsync(reader.GetFieldValue<byte[]>(0), CancellationToken.None);
        return attempts;
    }

    /// <returns>What the commands have said.</returns>
    private async Task<string> EndAllAsync()
    {
        var said = new StringBuilder();
        foreach (var command in _started.Where(c => !c.IsDisposed))
        {
            command.Kill();
            said.AppendLine((await command.EndAsync()).Error);
        }

        return said.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var command in _started)
            await command.DisposeAsync();
        if (_database is null)
            await PrivateServer.StopAsync(Path);
        Directory.Delete(Path, recursive: true);
    }
}
