using System.Diagnostics.Metrics;
using Npgsql;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>
/// How long the database has worked for what is done on an account: for the queries within a block of
/// <see cref="ChargedTo"/>, and within all that is awaited there. What a query takes that asks for nothing is no work: it is
/// the way there and back, and the wait for a processor of this machine, which may be busy with a sweep.
/// </summary>
internal sealed class DatabaseTime : IDisposable
{
    /// <summary>The way is the mean over about so many queries that ask for nothing.</summary>
    private const int Remembered = 16;

    private static readonly AsyncLocal<object?> Payer = new();

    private readonly MeterListener _queries = new();
    private readonly Lock _lock = new();
    private readonly object _nothing = new();
    private double _seconds;
    private double _way;

    public DatabaseTime()
    {
        // Npgsql measures each query, until its last row was read.
        _queries.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Npgsql", Name: "db.client.operation.duration" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _queries.SetMeasurementEventCallback<double>((_, seconds, _, _) => Enter(seconds));
        _queries.Start();
    }

    /// <summary>Does not always grow: the way is an estimate.</summary>
    public TimeSpan Spent
    {
        get
        {
            lock (_lock)
            {
                return TimeSpan.FromSeconds(_seconds);
            }
        }
    }

    /// <summary>Of what follows in this method, until it returns.</summary>
    /// <param name="payer">Null for nobody.</param>
    public static void ChargedTo(DatabaseTime? payer) => Payer.Value = payer;

    /// <summary>Asks for nothing, to know how long the way is now. While the database is away nothing is measured.</summary>
    public async Task MeasureWayAsync(NpgsqlDataSource source)
    {
        Payer.Value = _nothing;
        try
        {
            await using var ask = source.CreateCommand("SELECT 1");
            await ask.ExecuteScalarAsync();
        }
        catch (Exception e) when (LedgerSession.IsOutage(e))
        {
            // Whoever asks for something says so.
        }
    }

    public void Dispose() => _queries.Dispose();

    private void Enter(double seconds)
    {
        lock (_lock)
        {
            if (Payer.Value == this)
            {
                _seconds += seconds - _way;
            }
            else if (Payer.Value == _nothing)
            {
                _way += (seconds - _way) / Remembered;
            }
        }
    }
}
