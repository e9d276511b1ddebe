using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>Where a silo listens, and is called by the others.</summary>
public static class ClusterAddress
{
    /// <param name="bind">An address of this machine; 0.0.0.0 or [::] for the one by which it reaches the database.</param>
    /// <exception cref="SocketException">The database's host has no address, or no way leads there.</exception>
    public static IPAddress Of(IPAddress bind, string connectionString) =>
        bind.Equals(IPAddress.Any) || bind.Equals(IPAddress.IPv6Any) ? Route(connectionString) : bind;

    /// <summary>
    /// Whether others cannot reach what listens at an address: silos of several machines, all at their own 127.0.0.1, would
    /// take each other for an earlier life of themselves.
    /// </summary>
    /// <inheritdoc cref="Of"/>
    public static bool HidesFromOthers(IPAddress bind, string connectionString) =>
        IPAddress.IsLoopback(bind) && !IPAddress.IsLoopback(Route(connectionString));

    /// <summary>The address by which this machine reaches the database, where the other silos are too.</summary>
    private static IPAddress Route(string connectionString)
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
