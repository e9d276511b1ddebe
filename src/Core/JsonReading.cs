using System.Text.Json;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Core;

/// <summary>Typed access to JSON in which a fault says where it is, what was expected and what was found.</summary>
public static class JsonReading
{
    private const string HalfOfAPair = "a string is not Unicode text: it has half of a pair such as \\ud83d\\ude00";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>What <paramref name="read"/> makes of a line that must be one JSON object.</summary>
    /// <exception cref="InvalidDataException">The line is no such object, or not what is expected of it.</exception>
    public static T Line<T>(string line, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? read(document.RootElement)
                : throw Fault("line", "a JSON object", document.RootElement);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                string.IsNullOrWhiteSpace(line)
                    ? "an empty line; expected a JSON object"
                    : $"expected a JSON object: {JsonFault.Of(line, e).What}",
                e);
        }
        catch (InvalidOperationException e)
        {
            // Thrown for half of a surrogate pair, which no .NET string is read from.
            throw new InvalidDataException(HalfOfAPair, e);
        }
    }

    /// <summary>Refuses what no text may hold, in any string of the value and in any key.</summary>
    /// <exception cref="InvalidDataException">There is U+0000, which PostgreSQL does not hold, or half of a pair.</exception>
    public static void CheckText(JsonElement json)
    {
        try
        {
            Check(json);
        }
        catch (InvalidOperationException e)
        {
            // Thrown for half of a surrogate pair, which no .NET string is read from.
            throw new InvalidDataException(HalfOfAPair, e);
        }

        static void Check(JsonElement value)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String:
                    Refuse(value.GetString()!);
                    break;
                case JsonValueKind.Array:
                    foreach (var item in value.EnumerateArray())
                    {
                        Check(item);
                    }

                    break;
                case JsonValueKind.Object:
                    foreach (var member in value.EnumerateObject())
                    {
                        Refuse(member.Name);
                        Check(member.Value);
                    }

                    break;
            }
        }

        static void Refuse(string text)
        {
            if (text.Contains('\0'))
            {
                throw new InvalidDataException($"a string has the character U+0000: {VisibleText.Short(text)}");
            }
        }
    }

    public static JsonElement Required(this JsonElement json, string key, string? where = null)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Fault(where ?? "line", "an object", json);
        return json.TryGetProperty(key, out var value)
            ? value
            : throw new InvalidDataException($"{(where is null ? "" : where + ": ")}key \"{key}\" is missing");
    }

    public static JsonElement.ObjectEnumerator Fields(this JsonElement json, string where) =>
        json.ValueKind == JsonValueKind.Object ? json.EnumerateObject() : throw Fault(where, "an object", json);

    /// <summary>The length of a list.</summary>
    public static int Items(this JsonElement json, string where) =>
        json.ValueKind == JsonValueKind.Array ? json.GetArrayLength() : throw Fault(where, "a list", json);

    public static string Text(this JsonElement json, string where) =>
        json.ValueKind == JsonValueKind.String ? json.GetString()! : throw Fault(where, "a string", json);

    /// <summary>A string, as the list's own instance where it is in the list: then it compares by reference.</summary>
    public static string Word(this JsonElement json, string where, IReadOnlyList<string> known)
    {
        var text = json.Text(where);
        foreach (var word in known)
        {
            if (word == text)
                return word;
        }

        return text;
    }

    public static bool Truth(this JsonElement json, string where) =>
        json.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? json.GetBoolean()
            : throw Fault(where, "true or false", json);

    public static int Integer(this JsonElement json, string where) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var value)
            ? value
            : throw Fault(where, "a whole number", json);

    public static double Number(this JsonElement json, string where) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out var value) && double.IsFinite(value)
            ? value
            : throw Fault(where, "a number", json);

    /// <summary>The float32 nearest to the decimal text, without a detour over double.</summary>
    public static bool TryFloat(this JsonElement json, out float value)
    {
        value = 0;
        return json.ValueKind == JsonValueKind.Number && json.TryGetSingle(out value) && float.IsFinite(value);
    }

    public static InvalidDataException Fault(string where, string expected, JsonElement found)
    {
        var text = found.ValueKind == JsonValueKind.Undefined ? "nothing" : found.GetRawText();
        return new($"{where}: expected {expected}, found {VisibleText.Short(text)}");
    }
}
