using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>
/// What a detector found: <c>{class: [[x1, y1, x2, y2, score, colour], ...]}</c>, colour null where there is none. Behind the
/// colour there may be an <see cref="ObjectMask"/>.
/// </summary>
internal static class DetectionsJson
{
    /// <summary>Boxes in float32, as few digits as give the same number again.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<(string Class, IReadOnlyList<Detection> Found)> detections)
    {
        json.WriteStartObject();
        foreach (var (name, found) in detections)
        {
            json.WriteStartArray(name);
            foreach (var d in found)
            {
                json.WriteStartArray();
                json.WriteNumberValue(d.X1);
                json.WriteNumberValue(d.Y1);
                json.WriteNumberValue(d.X2);
                json.WriteNumberValue(d.Y2);
                json.WriteNumberValue(d.Score);
                json.WriteStringValue(d.Colour);
                if (d.Mask is not null)
                {
                    json.WriteStringValue(d.Mask.ToString());
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <exception cref="InvalidDataException">It is not that, or a class is none of these.</exception>
    public static Dictionary<string, IReadOnlyList<Detection>> Read(JsonElement json, ClassNames classes)
    {
        var fields = json.Fields("detections");
        var detections = new Dictionary<string, IReadOnlyList<Detection>>(json.GetPropertyCount());
        foreach (var found in fields)
        {
            var name = classes.Find(found.Name, "detections");
            var objects = new Detection[found.Value.Items($"detections: {name}")];
            var count = 0;
            foreach (var item in found.Value.EnumerateArray())
            {
                objects[count] = ReadDetection(item) ?? throw JsonReading.Fault(
                    $"detections: {name}[{count}]",
                    "[x1, y1, x2, y2, score, colour] with five float32 numbers and a colour or null, and a mask at most",
                    item);
                count++;
            }

            detections.Add(name, objects);
        }

        return detections;
    }

    private static string? ReadColour(JsonElement json) =>
        json.ValueKind == JsonValueKind.Null ? null : json.Word("colour", Palette.Colours);

    private static Detection? ReadDetection(JsonElement json)
    {
        var mask = ReadMask(json);
        var wellFormed = json.ValueKind == JsonValueKind.Array
            && json.GetArrayLength() == (mask is null ? 6 : 7)
            && (json[5].ValueKind is JsonValueKind.Null or JsonValueKind.String);
        return wellFormed
            && json[0].TryFloat(out var x1)
            && json[1].TryFloat(out var y1)
            && json[2].TryFloat(out var x2)
            && json[3].TryFloat(out var y2)
            && json[4].TryFloat(out var score)
            ? new Detection(x1, y1, x2, y2, score, ReadColour(json[5]), mask)
            : null;
    }

    /// <summary>The seventh of an array; null where there is none.</summary>
    internal static ObjectMask? ReadMask(JsonElement json) =>
        json.ValueKind == JsonValueKind.Array && json.GetArrayLength() == 7 && json[6].ValueKind == JsonValueKind.String
            ? ObjectMask.Parse(json[6].GetString()!)
            : null;
}
