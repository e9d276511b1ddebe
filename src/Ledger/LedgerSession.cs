using System.Net.Sockets;
using Npgsql;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// An open ledger: its database, brought to this program's schema, and its artifacts. The database is the one of a
/// connection string, or a private server in the data folder.
/// </summary>
public sealed class LedgerSession : IAsyncDisposable
{
    private readonly string? _privateFolder;

    private LedgerSession(NpgsqlDataSource source, ArtifactStore artifacts, string? privateFolder)
    {
        Source = source;
        Artifacts = artifacts;
        _privateFolder = privateFolder;
        Sweeps = new(source);
        Imports = new(source);
        Leases = new(source);
    }

    public NpgsqlDataSource Source { get; }

    public ArtifactStore Artifacts { get; }

    public SweepStore Sweeps { get; }

    public ImportStore Imports { get; }

    public LeaseStore Leases { get; }

    /// <param name="dataFolder">Holds the artifacts, and the private server if there is one.</param>
    /// <param name="connectionString">Of a database that somebody else runs; null for a private one.</param>
    /// <exception cref="LedgerException">The database cannot be reached or used.</exception>
    public static async Task<LedgerSession> OpenAsync(
        string dataFolder, string? connectionString, CancellationToken cancellation)
    {
        var address = connectionString ?? await PrivateServer.EnsureStartedAsync(dataFolder, cancellation);
        NpgsqlDataSource? source = null;
        try
        {
            // Prepared statements: the writer sends the same few again and again.
            var builder = new NpgsqlConnectionStringBuilder(address) { MaxAutoPrepare = 32, ApplicationName = "reflectdit" };
            source = NpgsqlDataSource.Create(builder);
            await LedgerSchema.ApplyAsync(source, cancellation);
            var artifacts = new ArtifactStore(Path.Combine(dataFolder, "artifacts"));
            return new(source, artifacts, connectionString is null ? dataFolder : null);
        }
        catch (Exception e) when (e is NpgsqlException or ArgumentException or SocketException or TimeoutException)
        {
            if (source is not null)
            {
                await source.DisposeAsync();
            }

            throw new LedgerException($"The database cannot be used: {e.Message} "
                + "Check --database (or REFLECTDIT_DATABASE), and that its server runs.", e);
        }
    }

    /// <summary>True when the database went away, and what failed may work once it is back.</summary>
    public static bool IsOutage(Exception error) => error switch
    {
        PostgresException { SqlState: "57P01" or "57P02" or "57P03" } => true,
        PostgresException e => e.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException e => e.IsTransient || e.InnerException is IOException or SocketException or TimeoutException,
        InvalidOperationException { InnerException: { } inner } => IsOutage(inner), // how EF Core wraps them
        AggregateException { InnerException: { } inner } => IsOutage(inner),
        _ => false,
    };

    /// <summary>Waits until the database answers again; a private server is started anew.</summary>
    /// <exception cref="LedgerException">It did not come back in time.</exception>
    public async Task RecoverAsync(Exception outage, TimeSpan patience, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(patience);
        for (var pause = 0.1; ; pause = Math.Min(2 * pause, 5))
        {
            try
            {
                if (_privateFolder is not null)
                {
                    await PrivateServer.EnsureStartedAsync(_privateFolder, deadline.Token);
                }

                await using var command = Source.CreateCommand("SELECT 1");
                await command.ExecuteNonQueryAsync(deadline.Token);
                return;
            }
            catch (Exception e) when (IsOutage(e))
            {
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new LedgerException(
                    $"The database went away and did not come back within {patience.TotalMinutes:0} minutes: {outage.Message} "
                    + "What is recorded is safe; run the same command again to go on.", outage);
            }

            await Task.Delay(TimeSpan.FromSeconds(pause), cancellation);
        }
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
