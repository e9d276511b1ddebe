using System.Diagnostics.Metrics;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>What servers are asked, by role: docs/operations.md lists it.</summary>
internal static class EndpointMetrics
{
    private static readonly Meter Meter = new("ReflectDiT.Eval");

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "reflectdit.endpoint.requests", description: "Requests to servers of models: ok, busy, refused, failed.");

    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>(
        "reflectdit.endpoint.tokens", description: "Tokens as servers count them: in, out.");

    private static readonly string[] Roles = ["generator", "rewriter", "judge", "answerer"];

    /// <summary>See <see cref="Host.HostMetrics.Begin"/>.</summary>
    public static void Begin()
    {
        foreach (var role in Roles)
        {
            foreach (var outcome in new[] { "ok", "busy", "refused", "failed" })
            {
                Requests.Add(0, new("role", role), new("outcome", outcome));
            }

            Tokens.Add(0, new("role", role), new("direction", "in"));
            Tokens.Add(0, new("role", role), new("direction", "out"));
        }
    }

    /// <param name="outcome">ok, busy, refused or failed.</param>
    public static void Asked(string role, string outcome) => Requests.Add(1, new("role", role), new("outcome", outcome));

    public static void Answered(string role, int sent, int received)
    {
        Asked(role, "ok");
        Tokens.Add(sent, new("role", role), new("direction", "in"));
        Tokens.Add(received, new("role", role), new("direction", "out"));
    }
}
