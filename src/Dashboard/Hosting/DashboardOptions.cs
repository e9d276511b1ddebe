using System.Net;

namespace ReflectDiT.Eval.Dashboard.Hosting;

/// <summary>Where a dashboard listens, and who may come in.</summary>
/// <param name="At">Port 0 for any that is free.</param>
/// <param name="Folder">For thumbnails and the key of sessions.</param>
public sealed record DashboardOptions(IPEndPoint At, string Folder)
{
    /// <summary>8420 is nobody's that is often there.</summary>
    public const int DefaultPort = 8420;

    /// <summary>What people give to come in; null for a token that is good once, and shown to whoever started the dashboard.</summary>
    public string? Password { get; init; }

    /// <summary>Names under which it may be asked, besides its address; those of the machine itself where it listens on all.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>The header in which a proxy names its user, who is in then; null for none.</summary>
    public string? UserHeader { get; init; }

    /// <summary>The proxies that are believed.</summary>
    public IReadOnlyList<IPAddress> Proxies { get; init; } = [];
}
