using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using ReflectDiT.Eval.Silo.Cluster;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

public sealed class ClusterAddressTests
{
    [Theory]
    [InlineData("Host=/run/postgresql")]
    [InlineData("Host=127.0.0.1;Port=5432")]
    [InlineData("Host=localhost")]
    public void With_a_database_of_this_machine_a_silo_listens_where_no_other_machine_hears_it(string database)
    {
        Assert.False(ClusterAddress.HidesFromOthers(IPAddress.Loopback, database));
        Assert.Equal(IPAddress.Loopback, ClusterAddress.Of(IPAddress.Loopback, database));
        Assert.True(IPAddress.IsLoopback(ClusterAddress.Of(IPAddress.Any, database)));
    }

    [Fact]
    public void With_a_database_at_a_network_address_it_is_told_where_to_listen()
    {
        var network = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
        Assert.SkipWhen(network is null, "This machine has no address but its loopback.");
        var database = $"Host={network};Port=5432";
        Assert.True(ClusterAddress.HidesFromOthers(IPAddress.Loopback, database));
        Assert.False(ClusterAddress.HidesFromOthers(IPAddress.Any, database));
        Assert.Equal(network, ClusterAddress.Of(IPAddress.Any, database));
        Assert.Equal(network, ClusterAddress.Of(network!, "Host=127.0.0.1"));
    }
}
