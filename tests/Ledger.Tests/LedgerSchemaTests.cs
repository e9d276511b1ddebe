using Npgsql;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

public class LedgerSchemaTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Programs_that_start_together_make_the_tables_once()
    {
        await using var source = NpgsqlDataSource.Create(await server.CreateDatabaseAsync());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => LedgerSchema.ApplyAsync(source, CancellationToken.None)));
        await using var made = source.CreateCommand("SELECT array_agg(sha256) FROM reflectdit.schema");
        Assert.Equal([LedgerSchema.Hash], (string[])(await made.ExecuteScalarAsync())!);
    }

    [Fact]
    public async Task Nothing_but_our_schema_is_made()
    {
        await using var source = NpgsqlDataSource.Create(await server.CreateDatabaseAsync());
        const string Everything = """
            SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname NOT IN ('reflectdit', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
            """;
        await using var count = source.CreateCommand(Everything);
        var before = await count.ExecuteScalarAsync();
        await LedgerSchema.ApplyAsync(source, CancellationToken.None);
        Assert.Equal(before, await count.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_database_of_another_program_version_is_refused()
    {
        await using var source = NpgsqlDataSource.Create(await server.CreateDatabaseAsync());
        await LedgerSchema.ApplyAsync(source, CancellationToken.None);
        await using var command = source.CreateCommand("UPDATE reflectdit.schema SET sha256 = 'x'");
        await command.ExecuteNonQueryAsync();
        var refused = await Assert.ThrowsAsync<LedgerException>(() => LedgerSchema.ApplyAsync(source, CancellationToken.None));
        Assert.Contains("another version of this program", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=nobody;Database=none")]
    [InlineData("no address")]
    public async Task A_database_that_cannot_be_reached_is_named_with_what_to_check(string address)
    {
        var folder = Directory.CreateTempSubdirectory("reflectdit-ledger-").FullName;
        var refused = await Assert.ThrowsAsync<LedgerException>(() => LedgerSession.OpenAsync(folder, address, CancellationToken.None));
        Assert.Contains("REFLECTDIT_DATABASE", refused.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }
}
