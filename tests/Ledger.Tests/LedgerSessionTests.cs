using Npgsql;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

public sealed class LedgerSessionTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    /// <summary>A session has what its database says when it begins: so does one of a standby that was promoted since.</summary>
    [Fact]
    public async Task Sessions_that_began_while_no_writes_were_taken_are_not_used_again()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await ReadOnlyAsync(ledger, "on");
        ledger.Session.Source.Clear();
        Assert.Equal("on", await ledger.ScalarAsync<string>("SHOW transaction_read_only"));
        await ReadOnlyAsync(ledger, "off");
        Assert.Equal("on", await ledger.ScalarAsync<string>("SHOW transaction_read_only"));
        await ledger.Session.RecoverAsync(new TimeoutException("no writes"), TimeSpan.FromSeconds(30), TimeSpan.Zero, CancellationToken.None);
        Assert.Equal("off", await ledger.ScalarAsync<string>("SHOW transaction_read_only"));
    }

    [Theory]
    [InlineData("", 10)]
    [InlineData(";Maximum Pool Size=4", 4)]
    public async Task However_much_is_asked_at_once_a_process_has_few_connections(string option, int most)
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await using var session = await LedgerSession.OpenAsync(ledger.Folder, ledger.ConnectionString + option, CancellationToken.None);
        var sessions = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            await using var ask = session.Source.CreateCommand("SELECT pg_backend_pid() FROM pg_sleep(0.01)");
            return (int)(await ask.ExecuteScalarAsync())!;
        }));
        Assert.InRange(sessions.Distinct().Count(), 2, most);
    }

    private static async Task ReadOnlyAsync(LedgerFixture ledger, string value)
    {
        var address = new NpgsqlConnectionStringBuilder(ledger.ConnectionString)
        {
            Pooling = false,
            Options = "-c default_transaction_read_only=off",
        };
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"ALTER DATABASE {address.Database} SET default_transaction_read_only = {value}", connection);
        await command.ExecuteNonQueryAsync();
    }
}
