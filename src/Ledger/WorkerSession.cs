using Npgsql;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// A worker's presence: a row that says what it is and until when it is trusted, and a database session that holds its
/// advisory lock. When the process dies, the session and the lock go, and what it held is anybody's at once; a process
/// that only hangs keeps the session, and its lease runs out. The session also hears of new work.
/// </summary>
public sealed class WorkerSession : IAsyncDisposable
{
    /// <summary>The first key of every worker's lock, also in <c>living_workers</c>; the second is its number.</summary>
    private const int LockClass = 0x52_44_69_54;

    /// <summary>The channel of NOTIFY on which new work and changed sweeps are told.</summary>
    internal const string Channel = "reflectdit";

    private readonly NpgsqlConnection _session;
    private readonly CancellationTokenSource _leave = new();
    private readonly Task _hearing;
    private Exception? _broken;

    private WorkerSession(NpgsqlConnection session, int number, Action heard)
    {
        _session = session;
        Number = number;
        _hearing = HearAsync(heard);
    }

    public int Number { get; }

    /// <param name="present">What the worker is.</param>
    /// <param name="lease">How long it may be silent at first.</param>
    /// <param name="heard">Called when something was told on the channel, or the session has broken.</param>
    public static async Task<WorkerSession> OpenAsync(
        NpgsqlDataSource source, WorkerPresence present, TimeSpan lease, Action heard, CancellationToken cancellation)
    {
        var session = await source.OpenConnectionAsync(cancellation);
        try
        {
            // Lock first: a row without its lock would be taken for that of a dead worker.
            await using var number = new NpgsqlCommand(
                "SELECT nextval(pg_get_serial_sequence('reflectdit.workers', 'number'))::integer", session);
            var own = (int)(await number.ExecuteScalarAsync(cancellation))!;
            await using var register = new NpgsqlBatch(session)
            {
                BatchCommands =
                {
                    new($"SELECT pg_advisory_lock({LockClass}, {own})"),
                    new("""
                        INSERT INTO reflectdit.workers (number, host, process, slots, arms, silo, leased_until)
                        VALUES ($1, $2, $3, $4, $5, $6, now() + $7)
                        """)
                    {
                        Parameters =
                        {
                            new() { Value = own },
                            new() { Value = Environment.MachineName },
                            new() { Value = Environment.ProcessId },
                            new() { Value = present.Slots },
                            Sql.Optional(present.Arms?.ToArray()),
                            Sql.Optional(present.Silo),
                            new() { Value = lease },
                        },
                    },
                    new($"LISTEN {Channel}"),
                },
            };
            await register.ExecuteNonQueryAsync(cancellation);
            return new(session, own, heard);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// A worker without its session hears nothing, and is taken for dead: it must register anew, though the database may
    /// answer other sessions.
    /// </summary>
    /// <exception cref="NpgsqlException">The session has broken; counts as an outage.</exception>
    public void ThrowIfBroken()
    {
        if (Volatile.Read(ref _broken) is { } broken)
        {
            throw new NpgsqlException($"The session of worker {Number} has ended: {broken.Message}", new IOException(broken.Message, broken));
        }
    }

    /// <summary>Gives back what it still holds and signs off; a broken session is left to its fate.</summary>
    public async ValueTask DisposeAsync()
    {
        await _leave.CancelAsync();
        await _hearing;
        try
        {
            await using var leave = new NpgsqlBatch(_session)
            {
                BatchCommands =
                {
                    new($"""
                        WITH mine AS (SELECT id FROM reflectdit.chains WHERE worker = {Number} ORDER BY id FOR NO KEY UPDATE)
                        UPDATE reflectdit.chains c SET worker = NULL, waits_since = now() FROM mine WHERE c.id = mine.id
                        """),
                    new($"UPDATE reflectdit.scorings SET worker = NULL WHERE worker = {Number}"),
                    new($"UPDATE reflectdit.workers SET ended_at = now() WHERE number = {Number} AND ended_at IS NULL"),
                    new($"UNLISTEN {Channel}"),
                    new("SELECT pg_advisory_unlock_all()"),
                    new($"NOTIFY {Channel}"),
                },
            };
            await leave.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The ledger frees by itself what a worker holds whose session has gone.
        }

        await _session.DisposeAsync();
        _leave.Dispose();
    }

    private async Task HearAsync(Action heard)
    {
        try
        {
            while (true)
            {
                await _session.WaitAsync(_leave.Token);
                heard();
            }
        }
        catch (OperationCanceledException) when (_leave.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            Volatile.Write(ref _broken, e);
            heard();
        }
    }
}

/// <summary>What a worker is, for the others.</summary>
/// <param name="Slots">Chains that it works on at once.</param>
/// <param name="Arms">The arms that it serves; null for all.</param>
/// <param name="Silo">The address of the silo that it is part of, as in <c>silos</c>; null for none.</param>
public sealed record WorkerPresence(int Slots, IReadOnlyList<string>? Arms = null, string? Silo = null);
