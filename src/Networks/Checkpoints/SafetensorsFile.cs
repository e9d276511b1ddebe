using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Text;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>A tensor of a file.</summary>
/// <param name="Offset">Of its first byte in the file.</param>
/// <param name="Bytes">What it takes there.</param>
public sealed record StoredTensor(string Name, ScalarType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    public long Elements => Shape.Aggregate(1L, (product, side) => product * side);
}

/// <summary>
/// A file of Hugging Face's format safetensors: 8 bytes with the length of the header, the header in JSON, and the
/// tensors, row-major, without holes. The file comes from strangers: nothing of its header is taken on trust, and nothing
/// of its tensors is read before the whole header is found to be sound.
/// </summary>
public sealed class SafetensorsFile : ITensorFile
{
    /// <summary>That of the reference: no checkpoint comes near.</summary>
    private const long LongestHeader = 100_000_000;

    /// <summary>Of a tensor that are read at once.</summary>
    private const long PartElements = 1L << 22;

    private static readonly Dictionary<string, (ScalarType Type, int Bytes)> Types = new(StringComparer.Ordinal)
    {
        ["F64"] = (ScalarType.Float64, 8),
        ["F32"] = (ScalarType.Float32, 4),
        ["F16"] = (ScalarType.Float16, 2),
        ["BF16"] = (ScalarType.BFloat16, 2),
        ["I64"] = (ScalarType.Int64, 8),
        ["I32"] = (ScalarType.Int32, 4),
        ["I16"] = (ScalarType.Int16, 2),
        ["I8"] = (ScalarType.Int8, 1),
        ["U8"] = (ScalarType.Byte, 1),
        ["BOOL"] = (ScalarType.Bool, 1),
    };

    private readonly MemoryMappedFile _map;
    private readonly Dictionary<ScalarType, Tensor> _parts = [];

    private SafetensorsFile(string path, MemoryMappedFile map, IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        (Path, _map, Tensors) = (path, map, tensors);
    }

    public string Path { get; }

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <exception cref="CheckpointException">It is no such file, or its header lies.</exception>
    public static SafetensorsFile Open(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var tensors = ReadHeader(stream);
            return new(path, MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read), tensors);
        }
        catch (InvalidDataException e)
        {
            throw new CheckpointException($"{path} is not a sound safetensors file: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path} cannot be read: {SystemFault.Of(e)}", e);
        }
    }

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        Libtorch.Load();
        var stored = Tensors[name];
        var tensor = empty([.. stored.Shape], stored.Type);
        using var flat = tensor.view(-1);
        foreach (var (first, count) in Parts(stored))
        {
            using var part = flat.narrow(0, first, count);
            Copy(stored, first, part.bytes);
        }

        return tensor;
    }

    /// <inheritdoc/>
    public Tensor Read(string name, ScalarType type, Device device)
    {
        Libtorch.Load();
        var stored = Tensors[name];
        if (stored.Type == type && device.type == TorchSharp.DeviceType.CPU)
            return Read(name);
        var tensor = empty([.. stored.Shape], type, device);
        using var flat = tensor.view(-1);
        foreach (var (first, count) in Parts(stored))
        {
            using var from = Part(stored.Type).narrow(0, 0, count);
            Copy(stored, first, from.bytes);
            using var to = flat.narrow(0, first, count);
            to.copy_(from).Dispose();
        }

        return tensor;
    }

    public void Dispose()
    {
        foreach (var part in _parts.Values)
            part.Dispose();
        _parts.Clear();
        _map.Dispose();
    }

    /// <summary>
    /// What a part is read into before it is cast: one for all tensors, as a freed one of each would leave a hole in the heap
    /// that nothing fits into.
    /// </summary>
    private Tensor Part(ScalarType type) => _parts.TryGetValue(type, out var part)
        ? part
        : _parts[type] = empty([PartElements], type).DetachFromDisposeScope();

    private static IEnumerable<(long First, long Count)> Parts(StoredTensor stored)
    {
        for (var first = 0L; first < stored.Elements; first += PartElements)
            yield return (first, Math.Min(PartElements, stored.Elements - first));
    }

    private unsafe void Copy(StoredTensor stored, long first, Span<byte> to)
    {
        using var view = _map.CreateViewAccessor(stored.Offset + (first * (stored.Bytes / stored.Elements)), to.Length, MemoryMappedFileAccess.Read);
        byte* from = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref from);
        try
        {
            new ReadOnlySpan<byte>(from + view.PointerOffset, to.Length).CopyTo(to);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    private static Dictionary<string, StoredTensor> ReadHeader(FileStream stream)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
            throw new InvalidDataException($"{stream.Length} bytes, too few for the length of a header");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > LongestHeader || (long)length > stream.Length - 8)
            throw new InvalidDataException($"a header of {length} bytes in a file of {stream.Length}; {LongestHeader} at most");
        var header = new byte[length];
        stream.ReadExactly(header);
        var data = stream.Length - 8 - (long)length;
        try
        {
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var tensors = json.RootElement.Fields("header").Where(field => field.Name != "__metadata__")
                .Select(field => ReadTensor(field.Name, field.Value, 8 + (long)length, data))
                .ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            AssertWithoutHoles(tensors.Values, 8 + (long)length, data);
            return tensors;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"its header cannot be read: {JsonFault.Read(Encoding.UTF8.GetString(header), e)}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException("its header has a name that is not Unicode text", e);
        }
    }

    private static StoredTensor ReadTensor(string name, JsonElement json, long dataBegins, long dataLength)
    {
        var word = json.Required("dtype", name).Text($"{name}: dtype");
        if (!Types.TryGetValue(word, out var type))
            throw new InvalidDataException($"{name} is of type {word}; known are {string.Join(", ", Types.Keys)}");
        var shape = Numbers(json.Required("shape", name), $"{name}: shape");
        var offsets = Numbers(json.Required("data_offsets", name), $"{name}: data_offsets");
        if (offsets.Count != 2 || offsets[0] > offsets[1] || offsets[1] > dataLength)
            throw new InvalidDataException($"{name} lies at [{string.Join(", ", offsets)}] of {dataLength} bytes of tensors");
        Int128 bytes = type.Bytes;
        foreach (var side in shape)
        {
            bytes *= side;
            if (bytes > long.MaxValue)
                throw new InvalidDataException($"{name} has the shape [{string.Join(", ", shape)}], more than any file holds");
        }

        return bytes == offsets[1] - offsets[0]
            ? new(name, type.Type, shape, dataBegins + offsets[0], (long)bytes)
            : throw new InvalidDataException(
                $"{name} takes {offsets[1] - offsets[0]} bytes, where its shape [{string.Join(", ", shape)}] of {word} takes {bytes}");
    }

    private static List<long> Numbers(JsonElement json, string where)
    {
        json.Items(where);
        return [.. json.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number) && number >= 0
                ? number
                : throw JsonReading.Fault(where, "whole numbers from 0 on", item))];
    }

    /// <summary>Two names for the same bytes, or bytes that no name speaks of, are how other content is smuggled in.</summary>
    private static void AssertWithoutHoles(IEnumerable<StoredTensor> tensors, long begins, long length)
    {
        var at = begins;
        foreach (var tensor in tensors.OrderBy(t => t.Offset).ThenBy(t => t.Bytes))
        {
            if (tensor.Offset != at)
                throw new InvalidDataException($"{tensor.Name} begins at byte {tensor.Offset}, where what lies before it ends at {at}");
            at += tensor.Bytes;
        }

        if (at != begins + length)
            throw new InvalidDataException($"its last {begins + length - at} bytes belong to no tensor");
    }
}
