using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>Where a silo of this machine listens: nothing of it is configured.</summary>
internal static class ClusterAddress
{
    /// <summary>Orleans' usual ports: what a firewall has to let through when a machine has one silo.</summary>
    public const int SiloPort = 11111;

    public const int GatewayPort = 30000;

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

    /// <summary>The usual port, or any other when it is taken.</summary>
    public static int FreePort(IPAddress address, int usual)
    {
        try
        {
            return Try(usual);
        }
        catch (SocketException)
        {
            return Try(0);
        }

        int Try(int port)
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
