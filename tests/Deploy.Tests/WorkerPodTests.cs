using System.Net;
using Npgsql;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Deploy.Tests;

/// <summary>The pods' own arguments, environment and probes, with the real program and a real PostgreSQL.</summary>
public sealed class WorkerPodTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reflectdit-pods-").FullName;
    private readonly Pod _worker = Manifests.Pod("worker");

    private string Server => Path.Combine(_folder, "server");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await PrivateServer.StopAsync(Server);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_pod_starts_without_its_database_is_ready_while_it_has_one_and_drains_on_SIGTERM()
    {
        var database = await PrivateServer.EnsureStartedAsync(Server);
        await PrivateServer.StopAsync(Server);
        using var worker = PodProcess.Start(_worker, database, _folder);
        await worker.ProbesAreAsync(started: false, ready: false);

        await PrivateServer.EnsureStartedAsync(Server);
        await worker.ProbesAreAsync(started: true, ready: true);

        await PrivateServer.StopAsync(Server);
        await worker.ProbesAreAsync(started: true, ready: false);

        await PrivateServer.EnsureStartedAsync(Server);
        await worker.ProbesAreAsync(started: true, ready: true);

        using (var submit = PodProcess.Start(Manifests.Pod("submit"), database, _folder))
            await submit.SucceedsAsync();
        await using var ledger = NpgsqlDataSource.Create(database);
        await PodProcess.UntilAsync(
            async () => await CountAsync(ledger, "reflectdit.attempts") > 0,
            () => $"no attempt was drawn: {worker.Log}");

        worker.Terminate();
        await worker.SucceedsAsync();
        Assert.Equal(0, await CountAsync(ledger, "reflectdit.chains WHERE worker IS NOT NULL"));
        Assert.True(
            await CountAsync(ledger, "reflectdit.chains WHERE state = 'open'") > 0, "all was done before SIGTERM came");
        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(_folder, "data"), "*.png", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task SIGTERM_lets_what_is_in_flight_end_and_gives_back_the_rest()
    {
        var database = await PrivateServer.EnsureStartedAsync(Server);
        using var worker = PodProcess.Start(_worker, database, _folder);
        await worker.ProbesAreAsync(started: true, ready: true);
        using (var submit = PodProcess.Start(Manifests.Pod("submit"), database, _folder))
            await submit.SucceedsAsync();
        await using var ledger = NpgsqlDataSource.Create(database);
        await PodProcess.UntilAsync(
            async () => await CountAsync(ledger, "reflectdit.attempts") > 0,
            () => $"no attempt was drawn: {worker.Log}");
        // Attempts cannot end while the table is locked.
        await using var connection = await ledger.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("LOCK TABLE reflectdit.attempts IN SHARE MODE", connection))
            await hold.ExecuteNonQueryAsync();
        var before = await CountAsync(ledger, "reflectdit.attempts");
        await PodProcess.UntilAsync(
            async () => await CountAsync(ledger, "pg_locks WHERE NOT granted") > 0,
            () => $"nothing is in flight: {worker.Log}");

        worker.Terminate();
        await worker.ProbesAreAsync(started: true, ready: false);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining\n"), await worker.ProbeAsync("readinessProbe"));
        await transaction.RollbackAsync();

        await worker.SucceedsAsync();
        Assert.True(await CountAsync(ledger, "reflectdit.attempts") > before);
        Assert.Equal(0, await CountAsync(ledger, "reflectdit.chains WHERE worker IS NOT NULL"));
        Assert.Equal(0, await CountAsync(ledger, "reflectdit.workers WHERE ended_at IS NULL"));
        Assert.True(await CountAsync(ledger, "reflectdit.chains WHERE state = 'open'") > 0, "nothing was left to take");
    }

    [Fact]
    public async Task SIGTERM_ends_a_worker_that_waits_for_its_database()
    {
        var database = await PrivateServer.EnsureStartedAsync(Server);
        await PrivateServer.StopAsync(Server);
        using var worker = PodProcess.Start(_worker, database, _folder);
        await worker.ProbesAreAsync(started: false, ready: false);
        worker.Terminate();
        await worker.SucceedsAsync();
    }

    [Fact]
    public void Probes_are_answered_at_the_addresses_of_the_pod() =>
        Assert.Equal("0.0.0.0", _worker.Args[_worker.Args.ToList().IndexOf("--bind") + 1]);

    [Fact]
    public void The_port_of_the_probes_is_the_one_that_the_worker_is_told() =>
        Assert.Equal(
            _worker.Ports.Single(p => p.Name == "health").Number.ToString(),
            _worker.Args[_worker.Args.ToList().IndexOf("--health") + 1]);

    [Fact]
    public void Data_goes_to_the_volume_of_the_images() =>
        Assert.Equal(
            _worker.Container["volumeMounts"].Items().Single(m => m["name"].Text() == "artifacts")["mountPath"].Text(),
            _worker.Args[_worker.Args.ToList().IndexOf("--data") + 1]);

    private static async Task<long> CountAsync(NpgsqlDataSource ledger, string what)
    {
        await using var command = ledger.CreateCommand($"SELECT count(*) FROM {what}");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
