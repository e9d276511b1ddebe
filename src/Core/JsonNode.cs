using System.Text.Json;

namespace ReflectDiT.Eval.Core;

/// <summary>A JSON value that knows where it stands, for messages that name file and key.</summary>
public readonly record struct JsonNode(string File, string Path, JsonElement Json)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The value as written.</summary>
    public string Text => Json.GetRawText();

    public JsonNode this[string key] => Has(key)
        ? this with { Path = Path.Length == 0 ? key : $"{Path}.{key}", Json = Json.GetProperty(key) }
        : throw Error($"the key '{key}' is missing");

    public static JsonNode Parse(string file, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Strict);
            return new JsonNode(file, "", document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw new FormatException($"{file}: not the JSON that was expected: {e.Message}", e);
        }
    }

    public bool Has(string key) => Json.ValueKind is JsonValueKind.Object
        ? Json.TryGetProperty(key, out _)
        : throw Error("expected an object");

    /// <summary>Refuses keys that are not among <paramref name="keys"/>.</summary>
    public JsonNode Only(params string[] keys)
    {
        if (Json.ValueKind is not JsonValueKind.Object)
        {
            throw Error("expected an object");
        }

        foreach (var property in Json.EnumerateObject().Where(p => !keys.Contains(p.Name)))
        {
            throw Error($"the key '{property.Name}' is unknown; known: {string.Join(", ", keys)}");
        }

        return this;
    }

    public IEnumerable<JsonNode> Items()
    {
        var list = this;
        return Json.ValueKind is JsonValueKind.Array
            ? Json.EnumerateArray().Select((item, i) => list with { Path = $"{list.Path}[{i}]", Json = item })
            : throw Error("expected a list");
    }

    public string String() => Json.ValueKind is JsonValueKind.String && Json.GetString() is { Length: > 0 } text
        ? text
        : throw Error("expected a text that is not empty");

    public string OneOf(params string[] values) => values.Contains(String())
        ? String()
        : throw Error($"expected one of: {string.Join(", ", values)}");

    /// <summary>The number, or null for anything else.</summary>
    public double? Number() => Json.ValueKind is JsonValueKind.Number ? Json.GetDouble() : null;

    public double NumberBetween(double min, double max) => Number() is { } number && number >= min && number <= max
        ? number
        : throw Error($"expected a number from {min} to {max}, found {Text}");

    public int Count() => Json.ValueKind is JsonValueKind.Number && Json.TryGetInt32(out var n) && n > 0
        ? n
        : throw Error("expected a whole number above 0");

    public FormatException Error(string what) => new($"{File}: {(Path.Length == 0 ? "top level" : Path)}: {what}.");
}
