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
        var data = await _table.ReadAllAsync(CancellationToken.None);
        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
        Assert.NotEmpty(data.Version.VersionEtag);
    }

    [Fact]
    public async Task To_initialise_again_keeps_what_is_there()
    {
        await InsertAsync(Entry());
        await _table.InitializeMembershipTableAsync(true, CancellationToken.None);
        Assert.Single((await _table.ReadAllAsync(CancellationToken.None)).Members);
    }

    [Fact]
    public async Task A_silo_is_read_as_it_was_inserted()
    {
        var entry = Entry(SiloStatus.Active);
        entry.SuspectTimes = [Tuple.Create(Address(), Start.AddSeconds(1)), Tuple.Create(Address(), Start.AddSeconds(2))];
        await InsertAsync(entry);
        var read = Assert.Single((await _table.ReadRowAsync(entry.SiloAddress, CancellationToken.None)).Members).Item1;
        Assert.Equal(entry.ToFullString(), read.ToFullString());
        Assert.Equal(entry.SuspectTimes, read.SuspectTimes);
        Assert.Equal(DateTimeKind.Utc, read.StartTime.Kind);
    }

    [Fact]
    public async Task An_insertion_moves_the_version_and_its_tag()
    {
        var before = (await _table.ReadAllAsync(CancellationToken.None)).Version;
        Assert.True(await _table.InsertRowAsync(Entry(), before.Next(), CancellationToken.None));
        var after = (await _table.ReadAllAsync(CancellationToken.None)).Version;
        Assert.Equal(before.Version + 1, after.Version);
        Assert.NotEqual(before.VersionEtag, after.VersionEtag);
    }

    [Fact]
    public async Task A_silo_is_not_inserted_twice_nor_on_an_old_version()
    {
        var old = (await _table.ReadAllAsync(CancellationToken.None)).Version.Next();
        var entry = Entry();
        Assert.True(await _table.InsertRowAsync(entry, old, CancellationToken.None));
        Assert.False(await _table.InsertRowAsync(Entry(), old, CancellationToken.None));
        var current = (await _table.ReadAllAsync(CancellationToken.None)).Version;
        Assert.False(await _table.InsertRowAsync(entry, current.Next(), CancellationToken.None));
        Assert.Equal(current, (await _table.ReadAllAsync(CancellationToken.None)).Version);
        Assert.Single((await _table.ReadAllAsync(CancellationToken.None)).Members);
    }

    [Fact]
    public async Task An_update_replaces_the_silo_and_both_tags()
    {
        var entry = Entry();
        await InsertAsync(entry);
        var before = await _table.ReadRowAsync(entry.SiloAddress, CancellationToken.None);
        entry.Status = SiloStatus.Active;
        Assert.True(await _table.UpdateRowAsync(entry, before.Members[0].Item2, before.Version.Next(), CancellationToken.None));
        var after = await _table.ReadRowAsync(entry.SiloAddress, CancellationToken.None);
        Assert.Equal(SiloStatus.Active, after.Members[0].Item1.Status);
        Assert.NotEqual(before.Members[0].Item2, after.Members[0].Item2);
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
    }

    [Fact]
    public async Task An_update_with_an_old_tag_of_the_row_or_of_the_version_changes_nothing()
    {
        var entry = Entry();
        await InsertAsync(entry);
        var old = await _table.ReadAllAsync(CancellationToken.None);
        Assert.True(await _table.UpdateRowAsync(entry, old.Members[0].Item2, old.Version.Next(), CancellationToken.None));
        var current = await _table.ReadAllAsync(CancellationToken.None);
        entry.Status = SiloStatus.Dead;
        Assert.False(await _table.UpdateRowAsync(entry, current.Members[0].Item2, old.Version.Next(), CancellationToken.None));
        Assert.False(await _table.UpdateRowAsync(entry, old.Members[0].Item2, current.Version.Next(), CancellationToken.None));
        Assert.False(await _table.UpdateRowAsync(Entry(), current.Members[0].Item2, current.Version.Next(), CancellationToken.None));
        var after = await _table.ReadAllAsync(CancellationToken.None);
        Assert.Equal(current.Version, after.Version);
        Assert.Equal(current.Members[0].Item2, after.Members[0].Item2);
        Assert.Equal(SiloStatus.Joining, after.Members[0].Item1.Status);
    }

    [Fact]
    public async Task Of_many_who_change_at_once_one_wins_and_no_change_is_lost()
    {
        var entry = Entry();
        var version = (await _table.ReadAllAsync(CancellationToken.None)).Version.Next();
        var inserted = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _table.InsertRowAsync(entry, version, CancellationToken.None)));
        Assert.Single(inserted, won => won);
        await Task.WhenAll(Enumerable.Range(0, 19).Select(async _ =>
        {
            MembershipTableData read;
            do
                read = await _table.ReadAllAsync(CancellationToken.None);
            while (!await _table.UpdateRowAsync(read.Members[0].Item1, read.Members[0].Item2, read.Version.Next(), CancellationToken.None));
        }));
        Assert.Equal(20, (await _table.ReadAllAsync(CancellationToken.None)).Version.Version);
    }

    [Fact]
    public async Task A_heartbeat_changes_nothing_but_its_time()
    {
        var entry = Entry(SiloStatus.Active);
        await InsertAsync(entry);
        var before = await _table.ReadAllAsync(CancellationToken.None);
        await _table.UpdateIAmAliveAsync(new() { SiloAddress = entry.SiloAddress, IAmAliveTime = Start.AddMinutes(5) }, CancellationToken.None);
        var after = await _table.ReadAllAsync(CancellationToken.None);
        Assert.Equal(before.Version, after.Version);
        Assert.Equal(Start.AddMinutes(5), after.Members[0].Item1.IAmAliveTime);
        Assert.Equal(SiloStatus.Active, after.Members[0].Item1.Status);
        Assert.True(await _table.UpdateRowAsync(entry, before.Members[0].Item2, after.Version.Next(), CancellationToken.None));
    }

    [Fact]
    public async Task Cleanup_forgets_old_silos_that_are_not_active()
    {
        foreach (var status in Enum.GetValues<SiloStatus>())
        {
            await InsertAsync(Entry(status));
            await InsertAsync(Entry(status, Start.AddDays(-10)));
        }

        await _table.CleanupDefunctSiloEntriesAsync(new(Start.AddDays(-3)), CancellationToken.None);
        var kept = (await _table.ReadAllAsync(CancellationToken.None)).Members.Select(m => m.Item1).ToList();
        Assert.Equal(Enum.GetValues<SiloStatus>().Length, kept.Count(e => e.StartTime == Start));
        Assert.Equal(SiloStatus.Active, Assert.Single(kept, e => e.StartTime < Start).Status);
    }

    [Fact]
    public async Task Clusters_on_one_database_do_not_see_each_other()
    {
        var other = await TableAsync("another");
        await InsertAsync(Entry());
        Assert.Empty((await other.ReadAllAsync(CancellationToken.None)).Members);
        await other.DeleteMembershipTableEntriesAsync("cluster", CancellationToken.None);
        await _table.InitializeMembershipTableAsync(true, CancellationToken.None);
        Assert.Empty((await _table.ReadAllAsync(CancellationToken.None)).Members);
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
        await table.InitializeMembershipTableAsync(true, CancellationToken.None);
        return table;
    }

    private async Task InsertAsync(MembershipEntry entry) =>
        Assert.True(await _table.InsertRowAsync(entry, (await _table.ReadAllAsync(CancellationToken.None)).Version.Next(), CancellationToken.None));

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
