using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>
/// Which model a server has. Nobody outside can see its weights: the digest of such a model is that of its name, and of its
/// revision where the server tells one, and begins with words that say so.
/// </summary>
internal static class ServedModel
{
    private const int LargestList = 16 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks the server, so that a wrong address, key or name is told at once. A server without a list is believed.</summary>
    /// <returns>The digest: SHA-256 of the JSON array of "not of weights", the name, and the revision or nothing.</returns>
    /// <exception cref="ModelUnavailableException">The server cannot be asked, or has no such model.</exception>
    public static string Check(EndpointClient client, string name)
    {
        using var stop = new CancellationTokenSource(Patience);
        try
        {
            // The host loads models on a thread of their own.
            return Task.Run(() => CheckAsync(client, name, stop.Token)).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e)
        {
            throw new ModelUnavailableException($"no answer within {Patience.TotalSeconds:0} s", e);
        }
    }

    private static async Task<string> CheckAsync(EndpointClient client, string name, CancellationToken stop)
    {
        string? revision = null;
        if (await client.FindAsync("models", LargestList, stop) is { ValueKind: JsonValueKind.Object } list
            && list.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Array)
        {
            List<JsonElement> models = [.. data.EnumerateArray().Where(m => Text(m, "id") is not null)];
            var found = models.Find(m => Text(m, "id") == name);
            if (found.ValueKind == JsonValueKind.Undefined && models.Count > 0)
            {
                throw new ModelUnavailableException(
                    $"the server has no model '{name}'; it has: {VisibleText.Short(string.Join(", ", models.Select(m => Text(m, "id"))), 500)}");
            }

            revision = Text(found, "revision");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new[] { "not of weights", name, revision }))));
    }

    private static string? Text(JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
