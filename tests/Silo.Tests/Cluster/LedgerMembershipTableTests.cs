using System.Net;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Silo.Cluster;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

/// <summary>What <see cref="IMembershipTable"/> and the gateway list demand, on a real database.</summary>
public sealed class LedgerMembershipTableTests(PostgresServer server) : IClassFixture<PostgresServer>, IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 5, 1, 12, 0, 0, DateTimeKind.Utc);

    private NpgsqlDataSource _source = null!;
    private LedgerMembershipTable _table = null!;
    private int _generation;

    public async ValueTask InitializeAsync()
    {
        _source = NpgsqlDataSource.Create(await server.CreateDatabaseAsync());
        await LedgerSchema.ApplyAsync(_source, CancellationToken.None);
        _table = await TableAsync("cluster");
    }

    public async ValueTask DisposeAsync() => await _source.DisposeAsync();

    [Fact]
    public async Task A_new_table_is_empty_at_version_0()
    {
        var data = await _table.ReadAll();
        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
        Assert.NotEmpty(data.Version.VersionEtag);
    }

    [Fact]
    public async Task To_initialise_again_keeps_what_is_there()
    {
        await InsertAsync(Entry());
        await _table.InitializeMembershipTable(true);
        Assert.Single((await _table.ReadAll()).Members);
    }

    [Fact]
    public async Task A_silo_is_read_as_it_was_inserted()
    {
        var entry = Entry(SiloStatus.Active);
        entry.SuspectTimes = [Tuple.Create(Address(), Start.AddSeconds(1)), Tuple.Create(Address(), Start.AddSeconds(2))];
        await InsertAsync(entry);
        var read = Assert.Single((await _table.ReadRow(entry.SiloAddress)).Members).Item1;
        Assert.Equal(entry.ToFullString(), read.ToFullString());
        Assert.Equal(entry.SuspectTimes, read.SuspectTimes);
        Assert.Equal(DateTimeKind.Utc, read.StartTime.Kind);
    }

    [Fact]
    public async Task An_insertion_moves_the_version_and_its_tag()
    {
        var before = (await _table.ReadAll()).Version;
        Assert.True(await _table.InsertRow(Entry(), before.Next()));
        var after = (await _table.ReadAll()).Version;
        Assert.Equal(before.Version + 1, after.Version);
        Assert.NotEqual(before.VersionEtag, after.VersionEtag);
    }

    [Fact]
    public async Task A_silo_is_not_inserted_twice_nor_on_an_old_version()
    {
        var old = (await _table.ReadAll()).Version.Next();
        var entry = Entry();
        Assert.True(await _table.InsertRow(entry, old));
        Assert.False(await _table.InsertRow(Entry(), old));
        var current = (await _table.ReadAll()).Version;
        Assert.False(await _table.InsertRow(entry, current.Next()));
        Assert.Equal(current, (await _table.ReadAll()).Version);
        Assert.Single((await _table.ReadAll()).Members);
    }

    [Fact]
    public async Task An_update_replaces_the_silo_and_both_tags()
    {
        var entry = Entry();
        await InsertAsync(entry);
        var before = await _table.ReadRow(entry.SiloAddress);
        entry.Status = SiloStatus.Active;
        Assert.True(await _table.UpdateRow(entry, before.Members[0].Item2, before.Version.Next()));
        var after = await _table.ReadRow(entry.SiloAddress);
        Assert.Equal(SiloStatus.Active, after.Members[0].Item1.Status);
        Assert.NotEqual(before.Members[0].Item2, after.Members[0].Item2);
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
    }

    [Fact]
    public async Task An_update_with_an_old_tag_of_the_row_or_of_the_version_changes_nothing()
    {
        var entry = Entry();
        await InsertAsync(entry);
        var old = await _table.ReadAll();
        Assert.True(await _table.UpdateRow(entry, old.Members[0].Item2, old.Version.Next()));
        var current = await _table.ReadAll();
        entry.Status = SiloStatus.Dead;
        Assert.False(await _table.UpdateRow(entry, current.Members[0].Item2, old.Version.Next()));
        Assert.False(await _table.UpdateRow(entry, old.Members[0].Item2, current.Version.Next()));
        Assert.False(await _table.UpdateRow(Entry(), current.Members[0].Item2, current.Version.Next()));
        var after = await _table.ReadAll();
        Assert.Equal(current.Version, after.Version);
        Assert.Equal(current.Members[0].Item2, after.Members[0].Item2);
        Assert.Equal(SiloStatus.Joining, after.Members[0].Item1.Status);
    }

    [Fact]
    public async Task Of_many_who_change_at_once_one_wins_and_no_change_is_lost()
    {
        var entry = Entry();
        var version = (await _table.ReadAll()).Version.Next();
        var inserted = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _table.InsertRow(entry, version)));
        Assert.Single(inserted, won => won);
        await Task.WhenAll(Enumerable.Range(0, 19).Select(async _ =>
        {
            MembershipTableData read;
            do
                read = await _table.ReadAll();
            while (!await _table.UpdateRow(read.Members[0].Item1, read.Members[0].Item2, read.Version.Next()));
        }));
        Assert.Equal(20, (await _table.ReadAll()).Version.Version);
    }

    [Fact]
    public async Task A_heartbeat_changes_nothing_but_its_time()
    {
        var entry = Entry(SiloStatus.Active);
        await InsertAsync(entry);
        var before = await _table.ReadAll();
        await _table.UpdateIAmAlive(new() { SiloAddress = entry.SiloAddress, IAmAliveTime = Start.AddMinutes(5) });
        var after = await _table.ReadAll();
        Assert.Equal(before.Version, after.Version);
        Assert.Equal(Start.AddMinutes(5), after.Members[0].Item1.IAmAliveTime);
        Assert.Equal(SiloStatus.Active, after.Members[0].Item1.Status);
        Assert.True(await _table.UpdateRow(entry, before.Members[0].Item2, after.Version.Next()));
    }

    [Fact]
    public async Task Cleanup_forgets_old_silos_that_are_not_active()
    {
        foreach (var status in Enum.GetValues<SiloStatus>())
        {
            await InsertAsync(Entry(status));
            await InsertAsync(Entry(status, Start.AddDays(-10)));
        }

        await _table.CleanupDefunctSiloEntries(new(Start.AddDays(-3)));
        var kept = (await _table.ReadAll()).Members.Select(m => m.Item1).ToList();
        Assert.Equal(Enum.GetValues<SiloStatus>().Length, kept.Count(e => e.StartTime == Start));
        Assert.Equal(SiloStatus.Active, Assert.Single(kept, e => e.StartTime < Start).Status);
    }

    [Fact]
    public async Task Clusters_on_one_database_do_not_see_each_other()
    {
        var other = await TableAsync("another");
        await InsertAsync(Entry());
        Assert.Empty((await other.ReadAll()).Members);
        await other.DeleteMembershipTableEntries("cluster");
        await _table.InitializeMembershipTable(true);
        Assert.Empty((await _table.ReadAll()).Members);
    }

    [Fact]
    public async Task Gateways_are_the_active_silos_that_take_clients()
    {
        var active = Entry(SiloStatus.Active);
        active.ProxyPort = 30000;
        var closed = Entry(SiloStatus.Active);
        closed.ProxyPort = 0;
        foreach (var entry in new[] { active, closed, Entry(SiloStatus.Joining), Entry(SiloStatus.Dead) })
            await InsertAsync(entry);
        var gateways = await new LedgerGatewayList(_source, Named("cluster"), Options.Create(new GatewayOptions())).GetGateways();
        Assert.Equal(
            SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 30000), active.SiloAddress.Generation).ToGatewayUri(),
            Assert.Single(gateways));
    }

    private async Task<LedgerMembershipTable> TableAsync(string cluster)
    {
        var table = new LedgerMembershipTable(_source, Named(cluster));
        await table.InitializeMembershipTable(true);
        return table;
    }

    private async Task InsertAsync(MembershipEntry entry) =>
        Assert.True(await _table.InsertRow(entry, (await _table.ReadAll()).Version.Next()));

    private MembershipEntry Entry(SiloStatus status = SiloStatus.Joining, DateTime? start = null) => new()
    {
        SiloAddress = Address(),
        HostName = "host",
        SiloName = "silo",
        Status = status,
        ProxyPort = 12345,
        StartTime = start ?? Start,
        IAmAliveTime = start ?? Start,
    };

    private SiloAddress Address() => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), ++_generation);

    private static IOptions<ClusterOptions> Named(string cluster) => Options.Create(new ClusterOptions { ClusterId = cluster });
}
