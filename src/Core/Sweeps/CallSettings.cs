using System.Text.Json;

namespace ReflectDiT.Eval.Core.Sweeps;

/// <summary>How patient a run is with its models. Nothing here can change what is drawn, so it is no part of the identity.</summary>
/// <param name="Tries">Calls of a model before its chain fails.</param>
/// <param name="Timeout">Of one call, from when the model begins with it.</param>
/// <param name="ToleratedFailures">The share of chains that may fail before the run counts as failed.</param>
public sealed record CallSettings(int Tries, TimeSpan Timeout, double ToleratedFailures)
{
    public static CallSettings Default { get; } = new(3, TimeSpan.FromMinutes(5), 0);

    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Strict);

    public static CallSettings FromJson(string json) =>
        JsonSerializer.Deserialize<CallSettings>(json, JsonSerializerOptions.Strict) ?? throw new JsonException("Call settings are null.");
}
