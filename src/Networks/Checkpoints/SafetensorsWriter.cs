using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>Writes files of Hugging Face's format safetensors: what <see cref="SafetensorsFile"/> reads.</summary>
public static class SafetensorsWriter
{
    private const string Metadata = "__metadata__";

    /// <summary>
    /// Writes a file as a whole or not at all: under another name first, which becomes the file's when all is on the disk.
    /// </summary>
    /// <param name="tensors">By name, on the processor. They stand in the file by name.</param>
    /// <param name="type">fp32, fp16 or bf16: what they are rounded to.</param>
    /// <param name="metadata">Texts by name, which no loader of weights looks at.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(
        string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, ScalarType type, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var (name, size) = type switch
        {
            ScalarType.Float32 => ("F32", 4),
            ScalarType.Float16 => ("F16", 2),
            ScalarType.BFloat16 => ("BF16", 2),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "expected fp32, fp16 or bf16"),
        };
        var ordered = tensors.OrderBy(tensor => tensor.Key, StringComparer.Ordinal).ToList();
        var next = $"{path}.{Environment.ProcessId}";
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            var header = Header(ordered, name, size, metadata);
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var (_, tensor) in ordered)
            {
                using var scope = NewDisposeScope();
                stream.Write(tensor.detach().to(type).contiguous().bytes);
            }

            stream.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }

    /// <summary>The texts that a file carries beside its tensors.</summary>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        using var stream = File.OpenRead(path);
        Span<byte> length = stackalloc byte[8];
        stream.ReadExactly(length);
        var header = new byte[BinaryPrimitives.ReadInt64LittleEndian(length)];
        stream.ReadExactly(header);
        using var json = JsonDocument.Parse(header);
        return json.RootElement.TryGetProperty(Metadata, out var texts)
            ? texts.EnumerateObject().ToDictionary(text => text.Name, text => text.Value.GetString()!, StringComparer.Ordinal)
            : [];
    }

    private static byte[] Header(
        List<KeyValuePair<string, Tensor>> tensors, string type, int size, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(Metadata);
                foreach (var (key, text) in metadata)
                    json.WriteString(key, text);
                json.WriteEndObject();
            }

            var at = 0L;
            foreach (var (name, tensor) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", type);
                Numbers(json, "shape", tensor.shape);
                Numbers(json, "data_offsets", at, at += size * tensor.numel());
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // The tensors begin at a multiple of 8.
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void Numbers(Utf8JsonWriter json, string key, params ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(key);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
