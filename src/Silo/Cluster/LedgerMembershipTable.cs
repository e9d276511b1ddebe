using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Orleans.Configuration;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>
/// Orleans' membership in the ledger's database (<c>silo_clusters</c>, <c>silos</c>). A change carries the tags of the
/// version and of the row that it is based on; one transaction checks both, so of two silos that change at once one
/// changes nothing.
/// </summary>
internal sealed class LedgerMembershipTable(NpgsqlDataSource source, IOptions<ClusterOptions> options) : IMembershipTable
{
    private readonly string _cluster = options.Value.ClusterId;

    public async Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken = default)
    {
        if (!tryInitTableVersion)
            return;
        await ExecuteAsync(
            "INSERT INTO reflectdit.silo_clusters (cluster) VALUES ($1) ON CONFLICT DO NOTHING",
            [Text(_cluster)],
            cancellationToken);
    }

    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken = default) => ExecuteAsync(
        "DELETE FROM reflectdit.silo_clusters WHERE cluster = $1", [Text(clusterId)], cancellationToken);

    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken = default) => ExecuteAsync(
        """
        DELETE FROM reflectdit.silos WHERE cluster = $1 AND status <> 'Active' AND greatest(started_at, alive_at) < $2
        """,
        [Text(_cluster), Time(beforeDate.UtcDateTime)],
        cancellationToken);

    public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken = default) =>
        ReadAsync(key.ToParsableString(), cancellationToken);

    public Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken = default) => ReadAsync(null, cancellationToken);

    public Task<bool> InsertRowAsync(
        MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken = default) => ChangeAsync(
        tableVersion,
        """
        INSERT INTO reflectdit.silos (cluster, address, name, host, status, gateway_port, suspected_by, suspected_at,
            started_at, alive_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING
        """,
        Columns(entry),
        cancellationToken);

    public Task<bool> UpdateRowAsync(
        MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken = default) => ChangeAsync(
        tableVersion,
        """
        UPDATE reflectdit.silos SET tag = gen_random_uuid(), name = $3, host = $4, status = $5, gateway_port = $6,
            suspected_by = $7, suspected_at = $8, started_at = $9, alive_at = $10
        WHERE cluster = $1 AND address = $2 AND tag = $11
        """,
        [.. Columns(entry), Tag(etag)],
        cancellationToken);

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken = default) => ExecuteAsync(
        "UPDATE reflectdit.silos SET alive_at = $3 WHERE cluster = $1 AND address = $2",
        [Text(_cluster), Text(entry.SiloAddress.ToParsableString()), Time(entry.IAmAliveTime)],
        cancellationToken);

    // Orleans' own calls carry a token; these are what its interface had before.
    Task IMembershipTable.InitializeMembershipTable(bool tryInitTableVersion) =>
        InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    Task IMembershipTable.DeleteMembershipTableEntries(string clusterId) =>
        DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    Task IMembershipTable.CleanupDefunctSiloEntries(DateTimeOffset beforeDate) =>
        CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    Task<MembershipTableData> IMembershipTable.ReadRow(SiloAddress key) => ReadRowAsync(key, CancellationToken.None);

    Task<MembershipTableData> IMembershipTable.ReadAll() => ReadAllAsync(CancellationToken.None);

    Task<bool> IMembershipTable.InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        InsertRowAsync(entry, tableVersion, CancellationToken.None);

    Task<bool> IMembershipTable.UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    Task IMembershipTable.UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, CancellationToken.None);

    /// <summary>One statement, and so one snapshot of the version and the rows.</summary>
    private async Task<MembershipTableData> ReadAsync(string? address, CancellationToken cancellation)
    {
        await using var command = Command(
            """
            SELECT c.version, c.tag, s.address, s.tag, s.name, s.host, s.status, s.gateway_port, s.suspected_by,
                s.suspected_at, s.started_at, s.alive_at
            FROM reflectdit.silo_clusters c
            LEFT JOIN reflectdit.silos s ON s.cluster = c.cluster AND ($2 IS NULL OR s.address = $2)
            WHERE c.cluster = $1
            """,
            Text(_cluster),
            Text(address));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var version = new TableVersion(0, Guid.Empty.ToString());
        var members = new List<Tuple<MembershipEntry, string>>();
        while (await reader.ReadAsync(cancellation))
        {
            version = new(reader.GetInt32(0), reader.GetGuid(1).ToString());
            if (!await reader.IsDBNullAsync(2, cancellation))
                members.Add(Tuple.Create(Entry(reader), reader.GetGuid(3).ToString()));
        }

        return new(members, version);
    }

    private async Task<bool> ChangeAsync(
        TableVersion version, string change, NpgsqlParameter[] columns, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var move = new NpgsqlCommand(
            """
            UPDATE reflectdit.silo_clusters SET version = $3, tag = gen_random_uuid() WHERE cluster = $1 AND tag = $2
            """, connection)
        {
            Parameters = { Text(_cluster), Tag(version.VersionEtag), new() { Value = version.Version } },
        };
        if (await move.ExecuteNonQueryAsync(cancellation) == 0)
            return false;
        await using var write = new NpgsqlCommand(change, connection);
        write.Parameters.AddRange(columns);
        if (await write.ExecuteNonQueryAsync(cancellation) == 0)
            return false;
        await transaction.CommitAsync(cancellation);
        return true;
    }

    private NpgsqlParameter[] Columns(MembershipEntry entry)
    {
        var suspicions = entry.SuspectTimes ?? [];
        return
        [
            Text(_cluster),
            Text(entry.SiloAddress.ToParsableString()),
            Text(entry.SiloName ?? ""),
            Text(entry.HostName ?? ""),
            Text(entry.Status.ToString()),
            new() { Value = entry.ProxyPort },
            new() { Value = suspicions.Select(s => s.Item1.ToParsableString()).ToArray() },
            new()
            {
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                Value = suspicions.Select(s => Utc(s.Item2)).ToArray(),
            },
            Time(entry.StartTime),
            Time(entry.IAmAliveTime),
        ];
    }

    private static MembershipEntry Entry(NpgsqlDataReader row) => new()
    {
        SiloAddress = SiloAddress.FromParsableString(row.GetString(2)),
        SiloName = row.GetString(4),
        HostName = row.GetString(5),
        Status = Enum.Parse<SiloStatus>(row.GetString(6)),
        ProxyPort = row.GetInt32(7),
        SuspectTimes =
        [
            .. row.GetFieldValue<string[]>(8).Zip(row.GetFieldValue<DateTime[]>(9))
                .Select(s => Tuple.Create(SiloAddress.FromParsableString(s.First), s.Second)),
        ],
        StartTime = row.GetDateTime(10),
        IAmAliveTime = row.GetDateTime(11),
    };

    private async Task ExecuteAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellation)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private NpgsqlCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = source.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private static NpgsqlParameter Text(string? value) =>
        new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value };

    private static NpgsqlParameter Time(DateTime value) => new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = Utc(value) };

    /// <summary>A tag that no row can have changes nothing, as a stale one.</summary>
    private static NpgsqlParameter Tag(string value) => new() { Value = Guid.TryParse(value, out var tag) ? tag : Guid.Empty };

    /// <summary>Orleans' times are UTC, whatever their kind says.</summary>
    private static DateTime Utc(DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Utc);
}
