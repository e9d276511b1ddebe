using System.Net;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Messaging;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>The silos that a client may connect to, from the ledger's database.</summary>
internal sealed class LedgerGatewayList(
    NpgsqlDataSource source, IOptions<ClusterOptions> cluster, IOptions<GatewayOptions> gateways) : IGatewayListProvider
{
    public TimeSpan MaxStaleness => gateways.Value.GatewayListRefreshPeriod;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public async Task<IList<Uri>> GetGateways()
    {
        await using var command = source.CreateCommand(
            """
            SELECT address, gateway_port FROM reflectdit.silos
            WHERE cluster = $1 AND status = 'Active' AND gateway_port > 0 ORDER BY address
            """);
        command.Parameters.AddWithValue(cluster.Value.ClusterId);
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<Uri>();
        while (await reader.ReadAsync())
        {
            var silo = SiloAddress.FromParsableString(reader.GetString(0));
            var gateway = new IPEndPoint(silo.Endpoint.Address, reader.GetInt32(1));
            found.Add(SiloAddress.New(gateway, silo.Generation).ToGatewayUri());
        }

        return found;
    }
}
