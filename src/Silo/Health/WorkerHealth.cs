using System.Net.Sockets;
using Npgsql;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner;

namespace ReflectDiT.Eval.Silo.Health;

/// <summary>What a cluster asks of a worker. Each answer is null for yes, else the reason why not.</summary>
/// <param name="stop">Cancelled when the worker is told to drain.</param>
public sealed class WorkerHealth(RunProgress progress, CancellationToken stop)
{
    /// <summary>Longer than any call of the database may take before it counts as an outage.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan DatabasePatience = TimeSpan.FromSeconds(2);

    private LedgerSession? _ledger;

    /// <summary>Once it is open, its schema has been applied.</summary>
    public LedgerSession? Ledger
    {
        get => Volatile.Read(ref _ledger);
        set => Volatile.Write(ref _ledger, value);
    }

    /// <summary>Whether it has the schema, is registered with the ledger, and has loaded its first models.</summary>
    public string? NotStarted() =>
        Ledger is null ? "the ledger is not open yet"
        : progress.Pulse.Now == WorkerPulse.Phase.Starting ? "not registered with the ledger yet"
        : progress.Pulse.Loading > 0 && progress.Attempts == 0 ? "models are being loaded"
        : null;

    /// <summary>Whether it takes work: it has started, does not drain, and its database answers.</summary>
    public async Task<string?> NotReadyAsync(CancellationToken cancellation) =>
        NotStarted() is { } reason ? reason
        : stop.IsCancellationRequested || progress.Pulse.Now == WorkerPulse.Phase.Draining ? "draining"
        : progress.Pulse.Now == WorkerPulse.Phase.Waiting ? "waiting for the database"
        : await DatabaseIsAwayAsync(cancellation);

    /// <summary>
    /// Whether its loop turns, and its models come back from their batches. A database that is away is no reason to be killed: starting again would not bring it
    /// back, and would lose what is in flight.
    /// </summary>
    public string? NotAlive() =>
        Ledger is not null && progress.Pulse.Silence > LongestSilence
            ? $"the worker's loop has been silent for {progress.Pulse.Silence.TotalSeconds:0} s"
            : progress.Models.Hangs;

    private async Task<string?> DatabaseIsAwayAsync(CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(DatabasePatience);
        try
        {
            await using var command = Ledger!.Source.CreateCommand("SELECT 1");
            await command.ExecuteNonQueryAsync(deadline.Token);
            return null;
        }
        catch (Exception e) when (
            e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            return $"the database does not answer: {e.Message}";
        }
    }
}
