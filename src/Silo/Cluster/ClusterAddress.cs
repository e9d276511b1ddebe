using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>Where the silos of this machine listen: nothing of it is configured.</summary>
internal static class ClusterAddress
{
    /// <summary>The address by which this machine reaches the database, where the other silos are too.</summary>
    public static IPAddress Own(string connectionString)
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString);
        var host = database.Host?.Split(',')[0] ?? "";
        if (host.Length == 0 || host.StartsWith('/'))
            return IPAddress.Loopback;
        using var route = new UdpClient(host, database.Port); // sends nothing
        var address = ((IPEndPoint)route.Client.LocalEndPoint!).Address;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
