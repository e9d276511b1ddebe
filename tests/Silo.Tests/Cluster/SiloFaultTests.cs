using System.Net;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner;
using ReflectDiT.Eval.Silo.Cluster;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

/// <summary>What a silo does about faults that pass.</summary>
public sealed class SiloFaultTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const int Connections = 5;

    [Fact]
    public async Task Silos_that_start_together_all_join_and_each_has_an_address_of_its_own()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server);
        using var stop = new CancellationTokenSource();
        var silos = Enumerable.Range(0, 6).Select(_ => Task.Run(() => sweep.HostSiloAsync(slots: 1, null, stop.Token))).ToArray();
        await sweep.UntilAsync("all are active", async () => (await ActiveAsync(sweep)).Count == silos.Length);
        Assert.Equal(silos.Length, (await ActiveAsync(sweep)).Select(s => s.Endpoint).Distinct().Count());
        await stop.CancelAsync();
        await Task.WhenAll(silos);
    }

    [Fact]
    public async Task A_silo_that_cannot_join_leaves_no_socket_behind_and_joins_when_it_can()
    {
        await using var sweep = await ClusterSweep.PlanAsync(server);
        await sweep.ExecuteAsync("ALTER TABLE reflectdit.silo_clusters RENAME TO away");
        var silo = sweep.BeginSilo(slots: 1);
        await sweep.UntilAsync("it says so", () => Task.FromResult(
            silo.Output.Contains("Joining the cluster failed", StringComparison.Ordinal)));
        await sweep.UntilAsync("it listens no more", () => Task.FromResult(Listening(silo.Id) == 0));
        await sweep.ExecuteAsync("ALTER TABLE reflectdit.away RENAME TO silo_clusters");
        await sweep.UntilActiveAsync(silo);
        Assert.Equal(2, Listening(silo.Id)); // for silos, and for clients
        Assert.Single(await ActiveAsync(sweep));
        Assert.Equal(0, await silo.TerminateAsync());
    }

    /// <summary>The worker has a session of its own, so that its silo alone meets the fault.</summary>
    [Theory]
    [InlineData("a right is missing")]
    [InlineData("no connection is to be had")]
    public async Task A_silo_goes_on_feeding_its_sweeps_when_a_fault_has_passed(string fault)
    {
        await using var sweep = await ClusterSweep.PlanAsync(server);
        var slow = await sweep.SlowWritesAsync();
        var role = await CreateRoleAsync(sweep);
        await using var ledger = await sweep.OpenAsync($"Options=-c role={role};Maximum Pool Size={Connections};Timeout=1");
        var (gate, progress) = (new SlotGate(2, 2), new RunProgress());
        var options = new WorkerOptions(gate.Slots, new()) { Gate = gate };
        await using var silo = await LedgerSilo.JoinAsync(
            ledger, gate, progress, options.Scope, IPAddress.Loopback, SiloHost.DefaultCluster, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var working = new Worker(sweep.Session, (_, _) => Task.FromResult(sweep.Setup), options, progress).RunAsync(stop.Token);
        await sweep.UntilAttemptsAsync(5);

        await using (await MeetAsync(sweep, ledger, role, fault))
        {
            var looks = 0; // for longer than any of its services rests
            await sweep.UntilAsync("no chain is begun any more", async () => (looks = await IsIdleAsync(sweep) ? looks + 1 : 0) == 100);
        }

        await slow.DisposeAsync();
        var alive = await AliveAsync(sweep);
        await sweep.UntilAsync("its heart beats", async () => await AliveAsync(sweep) > alive);
        await sweep.UntilDoneAsync();
        Assert.False(silo.Lost.IsCancellationRequested);
        Assert.Equal(silo.Address, Assert.Single(await ActiveAsync(sweep)));
        await stop.CancelAsync();
        await working;
    }

    private static async Task<string> CreateRoleAsync(ClusterSweep sweep)
    {
        var role = $"silo_{Guid.NewGuid():N}";
        await sweep.ExecuteAsync($"""
            CREATE ROLE {role};
            DO $$ BEGIN EXECUTE format('GRANT ALL ON DATABASE %I TO {role}', current_database()); END $$;
            GRANT ALL ON SCHEMA reflectdit TO {role};
            GRANT ALL ON ALL TABLES IN SCHEMA reflectdit TO {role};
            GRANT ALL ON ALL SEQUENCES IN SCHEMA reflectdit TO {role};
            """);
        return role;
    }

    /// <returns>Ends the fault.</returns>
    private static async Task<Cure> MeetAsync(ClusterSweep sweep, LedgerSession ledger, string role, string fault)
    {
        if (fault == "a right is missing")
        {
            await sweep.ExecuteAsync($"REVOKE SELECT ON ALL TABLES IN SCHEMA reflectdit FROM {role}");
            return new(() => sweep.ExecuteAsync($"GRANT SELECT ON ALL TABLES IN SCHEMA reflectdit TO {role}"));
        }

        List<NpgsqlConnection> held = [];
        await sweep.UntilAsync("all connections are held", async () =>
        {
            try
            {
                held.Add(await ledger.Source.OpenConnectionAsync());
            }
            catch (NpgsqlException)
            {
                // The silo has one of them at this moment.
            }

            return held.Count == Connections;
        });
        return new(async () =>
        {
            foreach (var connection in held)
                await connection.DisposeAsync();
        });
    }

    private static async Task<bool> IsIdleAsync(ClusterSweep sweep)
    {
        await using var tables = new LedgerContext(sweep.Session.Source);
        Assert.True(await tables.Chains.AnyAsync(c => c.State == ChainState.Open), "all was done before");
        return !await tables.Chains.AnyAsync(c => c.Worker != null);
    }

    private static async Task<List<SiloAddress>> ActiveAsync(ClusterSweep sweep)
    {
        await using var find = sweep.Session.Source.CreateCommand("SELECT address FROM reflectdit.silos WHERE status = 'Active'");
        await using var reader = await find.ExecuteReaderAsync();
        List<SiloAddress> active = [];
        while (await reader.ReadAsync())
            active.Add(SiloAddress.FromParsableString(reader.GetString(0)));
        return active;
    }

    private static async Task<DateTime> AliveAsync(ClusterSweep sweep)
    {
        await using var find = sweep.Session.Source.CreateCommand("SELECT max(alive_at) FROM reflectdit.silos");
        return (DateTime)(await find.ExecuteScalarAsync())!;
    }

    /// <summary>How many TCP sockets of a process wait for connections.</summary>
    private static int Listening(int process)
    {
        const string Listens = "0A";
        var waiting = new[] { "tcp", "tcp6" }
            .SelectMany(table => File.ReadLines($"/proc/{process}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => columns[3] == Listens)
            .Select(columns => $"socket:[{columns[9]}]").ToHashSet();
        return new DirectoryInfo($"/proc/{process}/fd").EnumerateFileSystemInfos().Count(file => waiting.Contains(Target(file)));
    }

    private static string Target(FileSystemInfo file)
    {
        try
        {
            return Path.GetFileName(file.LinkTarget ?? "");
        }
        catch (IOException)
        {
            return ""; // closed meanwhile
        }
    }
}
