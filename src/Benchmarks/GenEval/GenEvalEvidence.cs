using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Scoring;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>
/// The evidence of a score: <c>{"detections": {class: boxes}, "kept": {class: [indices]}}</c>, where kept is what the rules
/// looked at, best first. Without kept (a score made elsewhere) it is all of them.
/// </summary>
public static class GenEvalEvidence
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="detections">Each class once, in an order of the writer's.</param>
    /// <param name="kept">Null where that is not known.</param>
    public static string Write(
        IEnumerable<(string Class, IReadOnlyList<Detection> Found)> detections, IReadOnlyList<KeptClass>? kept) => Text(json =>
    {
        json.WriteStartObject();
        json.WritePropertyName("detections");
        DetectionsJson.Write(json, detections);
        if (kept is not null)
        {
            json.WriteStartObject("kept");
            foreach (var (name, indices) in kept)
            {
                json.WriteStartArray(name);
                foreach (var index in indices)
                {
                    json.WriteNumberValue(index);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    });

    /// <summary>
    /// The details of the published scorer: <c>{class: [[x1, y1, x2, y2, score], ...]}</c> of what was kept, numbers
    /// widened as it prints them. Empty for evidence of another kind, or none.
    /// </summary>
    public static string Details(string? evidence) => Text(json =>
    {
        json.WriteStartObject();
        if (evidence is not null)
        {
            using var document = JsonDocument.Parse(evidence);
            if (document.RootElement.TryGetProperty("detections", out var detections))
            {
                Boxes(json, detections, document.RootElement.TryGetProperty("kept", out var kept) ? kept : null);
            }
        }

        json.WriteEndObject();
    });

    /// <summary>Everything that was found; empty for evidence of another kind.</summary>
    /// <exception cref="InvalidDataException">The detections are of another form.</exception>
    public static IReadOnlyList<SeenBox> Boxes(string evidence)
    {
        using var document = JsonDocument.Parse(evidence);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("detections", out var detections))
        {
            return [];
        }

        var kept = document.RootElement.TryGetProperty("kept", out var all) ? all : (JsonElement?)null;
        var boxes = new List<SeenBox>();
        foreach (var found in detections.Fields("detections"))
        {
            var looked = kept?.TryGetProperty(found.Name, out var best) == true ? best.EnumerateArray().Select(i => i.GetInt32()).ToHashSet() : [];
            for (var index = 0; index < found.Value.Items(found.Name); index++)
            {
                var numbers = new float[5];
                var box = found.Value[index];
                var fits = box.Items(found.Name) >= numbers.Length && Enumerable.Range(0, numbers.Length).All(n => box[n].TryFloat(out numbers[n]));
                boxes.Add(fits
                    ? new(
                        found.Name,
                        new(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], box.GetArrayLength() > 5 ? box[5].GetString() : null, DetectionsJson.ReadMask(box)),
                        kept is null || looked.Contains(index))
                    : throw JsonReading.Fault($"detections: {found.Name}[{index}]", "[x1, y1, x2, y2, score, colour]", box));
            }
        }

        return boxes;
    }

    /// <summary>The evidence of a record's details, which may be JSON text inside a string as published.</summary>
    /// <exception cref="InvalidDataException">They are of another form.</exception>
    public static string? OfDetails(JsonElement details)
    {
        if (details.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (details.ValueKind == JsonValueKind.String)
        {
            try
            {
                using var document = JsonDocument.Parse(details.GetString()!);
                details = document.RootElement.Clone();
                JsonReading.CheckText(details);
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"details: {JsonFault.Of(details.GetString()!, e).What}", e);
            }
        }

        return Write(
            [
                .. details.Fields("details").Select(kind => (kind.Name, (IReadOnlyList<Detection>)
                    [.. Enumerable.Range(0, kind.Value.Items($"details.{kind.Name}"))
                        .Select(i => Box(kind.Value[i], $"details.{kind.Name}[{i}]"))])),
            ],
            null);
    }

    private static void Boxes(Utf8JsonWriter json, JsonElement detections, JsonElement? kept)
    {
        foreach (var found in detections.EnumerateObject())
        {
            JsonElement best = default;
            if (kept?.TryGetProperty(found.Name, out best) == false)
            {
                continue;
            }

            json.WriteStartArray(found.Name);
            foreach (var index in kept is null
                ? Enumerable.Range(0, found.Value.GetArrayLength())
                : best.EnumerateArray().Select(i => i.GetInt32()))
            {
                json.WriteStartArray();
                foreach (var number in found.Value[index].EnumerateArray().Take(5))
                {
                    json.WriteNumberValue((double)number.GetSingle());
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
        }
    }

    private static Detection Box(JsonElement box, string where)
    {
        var numbers = new float[5];
        return box.Items(where) == numbers.Length && Enumerable.Range(0, 5).All(n => box[n].TryFloat(out numbers[n]))
            ? new(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], null)
            : throw JsonReading.Fault(where, "[x1, y1, x2, y2, score]", box);
    }

    private static string Text(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
