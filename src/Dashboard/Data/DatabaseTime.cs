using System.Diagnostics.Metrics;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>
/// How long the database has worked for what is done on an account: for the queries within a block of
/// <see cref="ChargedTo"/>, and within all that is awaited there.
/// </summary>
internal sealed class DatabaseTime : IDisposable
{
    private static readonly AsyncLocal<DatabaseTime?> Payer = new();

    private readonly MeterListener _queries = new();
    private long _microseconds;

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
        _queries.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            if (Payer.Value == this)
            {
                Interlocked.Add(ref _microseconds, (long)(1e6 * seconds));
            }
        });
        _queries.Start();
    }

    public TimeSpan Spent => TimeSpan.FromMicroseconds(Volatile.Read(ref _microseconds));

    /// <summary>Of what follows in this method, until it returns.</summary>
    /// <param name="payer">Null for nobody.</param>
    public static void ChargedTo(DatabaseTime? payer) => Payer.Value = payer;

    public void Dispose() => _queries.Dispose();
}
