using System.ComponentModel;
using System.Net;
using System.Runtime.CompilerServices;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>
/// A network of its own, joined to this machine's by one virtual cable. Nothing of this machine's is changed; what is
/// added goes when it is disposed, or when the next is made after a test run that was killed.
/// </summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private const string Prefix = "reflectdit-";
    private const string NobodysCard = "02:00:00:00:00:00";

    private readonly string _name = Prefix + Environment.ProcessId;
    private readonly string _ourEnd = OurEnd(Environment.ProcessId);
    private readonly string _theirEnd = $"rdt{Environment.ProcessId}b";

    private NetworkNamespace()
    {
        // 198.18.0.0/15 is for tests of networks (RFC 2544): no other has its addresses. Four for each process.
        var first = (198 << 24) + (18 << 16) + Environment.ProcessId % (1 << 15) * 4;
        OurAddress = new(IPAddress.HostToNetworkOrder(first + 1) & uint.MaxValue);
        TheirAddress = new(IPAddress.HostToNetworkOrder(first + 2) & uint.MaxValue);
    }

    /// <summary>Why none can be made here; null when one can.</summary>
    public static string? Missing { get; } = FindFaultAsync().GetAwaiter().GetResult();

    /// <summary>This machine's, seen from there.</summary>
    public IPAddress OurAddress { get; }

    public IPAddress TheirAddress { get; }

    /// <summary>What is written before a command that is to run there. The process is the command's own.</summary>
    public IReadOnlyList<string> Exec => ["ip", "netns", "exec", _name];

    public static async Task<NetworkNamespace> CreateAsync()
    {
        await RemoveLeftoversAsync();
        var made = new NetworkNamespace();
        try
        {
            await IpAsync($"netns add {made._name}");
            await IpAsync($"link add {made._ourEnd} type veth peer name {made._theirEnd} netns {made._name}");
            await IpAsync($"address add {made.OurAddress}/30 dev {made._ourEnd}");
            await IpAsync($"link set {made._ourEnd} up");
            await IpAsync($"-n {made._name} address add {made.TheirAddress}/30 dev {made._theirEnd}");
            await IpAsync($"-n {made._name} link set {made._theirEnd} up");
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>Nothing arrives any more and nobody is told: each side sends to a card that is not there.</summary>
    public async Task CutAsync()
    {
        await IpAsync($"neighbour replace {TheirAddress} lladdr {NobodysCard} nud permanent dev {_ourEnd}");
        await IpAsync($"-n {_name} neighbour replace {OurAddress} lladdr {NobodysCard} nud permanent dev {_theirEnd}");
    }

    public async Task JoinAsync()
    {
        await IpAsync($"neighbour del {TheirAddress} dev {_ourEnd}");
        await IpAsync($"-n {_name} neighbour del {OurAddress} dev {_theirEnd}");
    }

    public ValueTask DisposeAsync() => RemoveAsync(Environment.ProcessId);

    private static string OurEnd(int process) => $"rdt{process}a";

    private static Task IpAsync(string arguments) => SystemTool.RunAsync("ip", arguments.Split(' '));

    private static async ValueTask RemoveAsync(int process)
    {
        // The cable is not there when making it failed; the network would live on with a process that is in it.
        await SystemTool.TryAsync("ip", "link", "del", OurEnd(process));
        await SystemTool.TryAsync("ip", "netns", "del", Prefix + process);
    }

    private static async Task RemoveLeftoversAsync()
    {
        const string Names = "/run/netns";
        if (!Directory.Exists(Names))
            return;
        foreach (var path in Directory.GetFiles(Names, Prefix + "*"))
        {
            var number = Path.GetFileName(path)[Prefix.Length..];
            if (int.TryParse(number, out var process) && !Directory.Exists($"/proc/{process}"))
                await RemoveAsync(process);
        }
    }

    private static async Task<string?> FindFaultAsync()
    {
        try
        {
            await using var made = await CreateAsync();
            await SystemTool.RunAsync(made.Exec[0], [.. made.Exec.Skip(1), "true"]);
            return null;
        }
        catch (Win32Exception)
        {
            return "ip is not installed (Debian's package iproute2).";
        }
        catch (Xunit.Sdk.XunitException e)
        {
            return "This process may not make a network namespace "
                + $"(it needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN): {e.Message}";
        }
    }
}

/// <summary>A test that cuts a network; skipped, with the reason, where that is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NetworkNamespaceFactAttribute : FactAttribute
{
    public NetworkNamespaceFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = NetworkNamespace.Missing;
}
