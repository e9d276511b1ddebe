using System.Net;
using System.Net.Sockets;
using ReflectDiT.Eval.Silo.Cluster;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

public sealed class SiloPortsTests
{
    [Fact]
    public async Task Many_who_choose_at_once_get_ports_of_their_own()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => SiloPorts.Take(IPAddress.Loopback))));
        Assert.Equal(40, taken.Select(p => p.Silo).Distinct().Count());
        Assert.Equal(40, taken.Select(p => p.Gateway).Distinct().Count());
        Array.ForEach(taken, p => p.Dispose());
    }

    [Fact]
    public void A_port_at_which_somebody_listens_is_passed_over()
    {
        using var first = SiloPorts.Take(IPAddress.Loopback);
        using var listener = new TcpListener(IPAddress.Loopback, first.Silo);
        listener.Start();
        first.Dispose(); // as a silo that has joined does
        using var second = SiloPorts.Take(IPAddress.Loopback);
        Assert.InRange(second.Silo, first.Silo + 1, first.Silo + 999);
    }

    [Fact]
    public void An_address_of_another_machine_is_refused() =>
        Assert.Throws<SocketException>(() => SiloPorts.Take(IPAddress.Parse("192.0.2.1")));
}
