using Npgsql;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// A worker's presence: a row that says what it is, and a database session that holds its advisory lock. When the
/// process dies, the session and the lock go, and its leases are anybody's at once; a process that only hangs keeps
/// the session, and its leases run out. The session also hears of new work.
/// </summary>
public sealed class WorkerSession : IAsyncDisposable
{
    /// <summary>The first key of every worker's lock; the second is its number.</summary>
    internal const int LockClass = 0x52_44_69_54;

    /// <summary>The channel of NOTIFY on which new work and changed sweeps are told.</summary>
    internal const string Channel = "reflectdit";

    private readonly NpgsqlConnection _session;
    private readonly CancellationTokenSource _leave = new();
    private readonly Task _hearing;

    private WorkerSession(NpgsqlConnection session, int number, Action heard)
    {
        _session = session;
        Number = number;
        _hearing = HearAsync(heard);
    }

    public int Number { get; }

    /// <param name="slots">Chains that it works on at once.</param>
    /// <param name="arms">The arms that it serves; null for all.</param>
    /// <param name="heard">Called when something was told on the channel, or the session has broken.</param>
    public static async Task<WorkerSession> OpenAsync(
        NpgsqlDataSource source,
        int slots,
        IReadOnlyList<string>? arms,
        Action heard,
        CancellationToken cancellation)
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
                    new("INSERT INTO reflectdit.workers (number, host, process, slots, arms) VALUES ($1, $2, $3, $4, $5)")
                    {
                        Parameters =
                        {
                            new() { Value = own },
                            new() { Value = Environment.MachineName },
                            new() { Value = Environment.ProcessId },
                            new() { Value = slots },
                            Sql.Optional(arms?.ToArray()),
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
                        UPDATE reflectdit.chains c SET worker = NULL, leased_until = NULL FROM mine WHERE c.id = mine.id
                        """),
                    new($"UPDATE reflectdit.workers SET ended_at = now() WHERE number = {Number}"),
                    new($"UNLISTEN {Channel}"),
                    new("SELECT pg_advisory_unlock_all()"),
                    new($"NOTIFY {Channel}"),
                },
            };
            await leave.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
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
        catch (OperationCanceledException)
        {
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            heard(); // whoever hears it asks the database something, and learns
        }
    }
}
