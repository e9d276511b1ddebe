using System.Net;
using System.Net.Sockets;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>
/// The ports of a silo that is about to listen. Until it does, others see them as free, and of two members with one
/// address the cluster puts one to death. So who looks at a port holds the UDP port of its number, which the operating
/// system gives to one at a time and takes from the dead; nobody waits for another.
/// </summary>
internal sealed class SiloPorts : IDisposable
{
    /// <summary>Orleans' usual ports: what a firewall has to let through when a machine has one silo.</summary>
    public const int UsualSilo = 11111;

    public const int UsualGateway = 30000;

    /// <summary>More silos than any machine has.</summary>
    private const int Most = 1000;

    private readonly List<Socket> _held = [];

    private SiloPorts()
    {
    }

    public int Silo { get; private set; }

    public int Gateway { get; private set; }

    /// <summary>The usual ports, or the next that are free; they are this silo's until it listens and disposes of this.</summary>
    /// <exception cref="SocketException">The address is not of this machine.</exception>
    /// <exception cref="IOException">All ports are in use.</exception>
    public static SiloPorts Take(IPAddress address)
    {
        var ports = new SiloPorts();
        try
        {
            ports.Silo = ports.TakeNext(address, UsualSilo);
            ports.Gateway = ports.TakeNext(address, UsualGateway);
            return ports;
        }
        catch
        {
            ports.Dispose();
            throw;
        }
    }

    public void Dispose() => _held.ForEach(s => s.Dispose());

    private int TakeNext(IPAddress address, int usual)
    {
        for (var port = usual; port < usual + Most; port++)
        {
            if (IsTaken(new(address, port)))
                return port;
        }

        throw new IOException($"No silo can listen at {address}: all ports from {usual} to {usual + Most - 1} are in use.");
    }

    /// <returns>False when somebody else has it, or listens there.</returns>
    private bool IsTaken(IPEndPoint at)
    {
        var held = new Socket(at.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _held.Add(held);
        try
        {
            held.Bind(at);
            using var listener = new TcpListener(at);
            listener.Start();
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            held.Dispose();
            return false;
        }
    }
}
