using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// An open ledger: its database, brought to this program's schema, and its artifacts. The database is the one of a
/// connection string, or a private server in the data folder.
/// </summary>
public sealed class LedgerSession : IAsyncDisposable
{
    private const string ReadOnly = "25006";
    private const string IdleInTransaction = "25P03";
    private const string DatabaseDropped = "57P04";

    /// <summary>
    /// Of a process, where its connection string does not say. Each plans every statement anew, so many cost more than they
    /// save: with 65, the demo's sweep took twice the database's time that it takes with 6.
    /// </summary>
    private const int MostConnections = 10;

    private readonly string? _privateFolder;

    private LedgerSession(NpgsqlDataSource source, ArtifactStore artifacts, string? privateFolder, ILoggerFactory logs)
    {
        Source = source;
        Artifacts = artifacts;
        _privateFolder = privateFolder;
        Logs = logs;
        Sweeps = new(source);
        Leases = new(source);
        Models = new(source);
        Changes = new(source);
        Scorings = new(source, Changes);
        Answers = new(source);
        Studies = new(source);
        Votes = new(source);
    }

    public NpgsqlDataSource Source { get; }

    public ArtifactStore Artifacts { get; }

    /// <summary>Of the process: whoever works on the ledger says there what it does.</summary>
    public ILoggerFactory Logs { get; }

    public SweepStore Sweeps { get; }

    public ModelStore Models { get; }

    public LeaseStore Leases { get; }

    public ScoringStore Scorings { get; }

    public AnswerStore Answers { get; }

    public StudyStore Studies { get; }

    public VoteStore Votes { get; }

    /// <summary>Tells dashboards what this process makes durable.</summary>
    public ChangeSignal Changes { get; }

    /// <param name="dataFolder">Holds the artifacts, and the private server if there is one.</param>
    /// <param name="connectionString">Of a database that somebody else runs; null for a private one.</param>
    /// <exception cref="LedgerException">The database cannot be reached or used.</exception>
    public static Task<LedgerSession> OpenAsync(
        string dataFolder, string? connectionString, CancellationToken cancellation, ILoggerFactory? logs = null) =>
        OpenAsync(dataFolder, connectionString, make: true, readOnly: false, logs, cancellation);

    /// <summary>Likewise, of a ledger that is there: neither a server nor a table is made.</summary>
    /// <param name="readOnly">The server refuses every write of the session.</param>
    /// <exception cref="NoLedgerException">There is none.</exception>
    /// <exception cref="LedgerException">The database cannot be reached or used.</exception>
    public static Task<LedgerSession> OpenExistingAsync(
        string dataFolder, string? connectionString, CancellationToken cancellation, ILoggerFactory? logs = null, bool readOnly = false) =>
        OpenAsync(dataFolder, connectionString, make: false, readOnly, logs, cancellation);

    private static async Task<LedgerSession> OpenAsync(
        string dataFolder, string? connectionString, bool make, bool readOnly, ILoggerFactory? logs, CancellationToken cancellation)
    {
        if (!make && connectionString is null && !PrivateServer.IsIn(dataFolder))
        {
            throw new NoLedgerException(dataFolder);
        }

        var address = connectionString ?? await PrivateServer.EnsureStartedAsync(dataFolder, cancellation);
        NpgsqlDataSource? source = null;
        try
        {
            // Prepared statements: the writer sends the same few again and again.
            var builder = new NpgsqlConnectionStringBuilder(address) { MaxAutoPrepare = 32, ApplicationName = "reflectdit" };
            if (builder.KeepAlive == 0)
            {
                builder.KeepAlive = 15; // seconds: a worker's session mostly listens, and must notice that nobody speaks
            }

            if (builder.MaxPoolSize == new NpgsqlConnectionStringBuilder().MaxPoolSize)
            {
                builder.MaxPoolSize = MostConnections;
            }

            if (readOnly)
            {
                // Nor does whoever looks take several of the server's cores for one query.
                builder.Options = $"{builder.Options} -c default_transaction_read_only=on -c max_parallel_workers_per_gather=0".TrimStart();
                builder.ApplicationName = "reflectdit, reading";
            }

            // The name stands in metrics, where the whole connection string would stand.
            source = new NpgsqlDataSourceBuilder(builder.ConnectionString) { Name = "ledger" }.UseLoggerFactory(logs).Build();
            if (make)
            {
                await LedgerSchema.ApplyAsync(source, cancellation);
            }
            else if (!await LedgerSchema.IsAppliedAsync(source, cancellation))
            {
                throw new NoLedgerException(connectionString is null ? dataFolder : $"the database {builder.Database}");
            }

            var artifacts = new ArtifactStore(Path.Combine(dataFolder, "artifacts"));
            return new(source, artifacts, connectionString is null ? dataFolder : null, logs ?? NullLoggerFactory.Instance);
        }
        catch (Exception e)
        {
            if (source is not null)
            {
                await source.DisposeAsync();
            }

            if (e is NpgsqlException or ArgumentException or SocketException or TimeoutException)
            {
                throw new LedgerException($"The database cannot be used: {DatabaseFault.Of(e, address, connectionString is null ? dataFolder : null)}", e);
            }

            throw;
        }
    }

    /// <summary>
    /// True when the database is away, or cannot serve this moment, by no fault of what was asked: what failed may work
    /// later. Connections lost or refused, too many of them, shutdown, a standby, deadlock, serialization, timeouts.
    /// </summary>
    public static bool IsOutage(Exception error) => error switch
    {
        PostgresException e => e.IsTransient || e.SqlState is ReadOnly or IdleInTransaction
            || (e.SqlState.StartsWith("57", StringComparison.Ordinal) && e.SqlState != DatabaseDropped)
            || e.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException e => e.IsTransient || e.InnerException is IOException or SocketException or TimeoutException,
        InvalidOperationException { InnerException: { } inner } => IsOutage(inner), // how EF Core wraps them
        AggregateException { InnerException: { } inner } => IsOutage(inner),
        _ => false,
    };

    /// <summary>Waits until the database takes writes again; a private server is started anew.</summary>
    /// <param name="patience">At most a few weeks.</param>
    /// <param name="pause">How long to wait before it is first asked.</param>
    /// <exception cref="LedgerException">It did not come back in time.</exception>
    public async Task RecoverAsync(Exception outage, TimeSpan patience, TimeSpan pause, CancellationToken cancellation)
    {
        var log = Logs.CreateLogger<LedgerSession>();
        log.OutageBegan(outage.Message);
        for (var waited = Stopwatch.StartNew(); ; pause = TimeSpan.FromSeconds(Math.Min(2 * pause.TotalSeconds, 5)))
        {
            await Task.Delay(pause, cancellation);
            if (waited.Elapsed >= patience)
            {
                throw new LedgerException(
                    $"The database did not come back in time: {outage.Message} "
                    + "What is recorded is safe; run the same command again to go on.", outage);
            }

            if (await TakesWritesAsync(patience - waited.Elapsed, cancellation))
            {
                log.OutageOver(waited.Elapsed.TotalSeconds);
                return;
            }
        }
    }

    private async Task<bool> TakesWritesAsync(TimeSpan patience, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(patience);
        // A session that began while no writes were taken takes none for as long as it lives.
        Source.Clear();
        try
        {
            if (_privateFolder is not null)
            {
                await PrivateServer.EnsureStartedAsync(_privateFolder, deadline.Token);
            }

            await using var command = Source.CreateCommand("SELECT current_setting('transaction_read_only') = 'off'");
            return await command.ExecuteScalarAsync(deadline.Token) is true;
        }
        catch (Exception e) when (IsOutage(e)
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Changes.DisposeAsync();
        await Source.DisposeAsync();
    }
}
