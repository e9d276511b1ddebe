using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Core.Sweeps;

/// <summary>Settings as a sweep records them, of whose meaning only their owner knows: a record of his, key by key.</summary>
public static class RecordedSettings
{
    /// <summary>Keys in the order of the records, no white space: equal settings give equal text.</summary>
    internal static readonly JsonSerializerOptions Form = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public static Dictionary<string, JsonElement> Of<T>(T settings) =>
        JsonSerializer.SerializeToElement(settings, Form).EnumerateObject().ToDictionary(p => p.Name, p => p.Value);

    /// <exception cref="JsonException">A setting is missing, or is none of the record's.</exception>
    public static T Read<T>(Dictionary<string, JsonElement> settings) =>
        JsonSerializer.SerializeToElement(settings, Form).Deserialize<T>(Form)!;
}
