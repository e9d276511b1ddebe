using System.IO.Compression;
using System.Numerics;
using ReflectDiT.Eval.Core.Text;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>
/// The state dict in a file of <c>torch.save</c>, in its zip form or the one before it: of a training checkpoint what stands
/// under <c>state_dict</c>. Nothing in it is executed; of all names that a pickle may call, only those of tensors, storages
/// and dictionaries are known.
/// </summary>
public sealed class TorchFile : ITensorFile
{
    /// <summary>What the older form begins with.</summary>
    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356");

    private static readonly Dictionary<string, ScalarType> Types = new()
    {
        ["FloatStorage"] = ScalarType.Float32,
        ["DoubleStorage"] = ScalarType.Float64,
        ["HalfStorage"] = ScalarType.Float16,
        ["BFloat16Storage"] = ScalarType.BFloat16,
        ["LongStorage"] = ScalarType.Int64,
        ["IntStorage"] = ScalarType.Int32,
        ["ShortStorage"] = ScalarType.Int16,
        ["CharStorage"] = ScalarType.Int8,
        ["ByteStorage"] = ScalarType.Byte,
        ["BoolStorage"] = ScalarType.Bool,
    };

    private readonly FileStream _stream;
    private readonly ZipArchive? _zip;
    private readonly string _folder = "";
    private readonly Dictionary<string, (long Offset, long Bytes)> _storages = [];
    private readonly Dictionary<string, TensorView> _views = [];

    private TorchFile(string path)
    {
        Path = path;
        _stream = File.OpenRead(path);
        try
        {
            object? root;
            if (StartsAsZip(_stream))
            {
                _zip = new ZipArchive(_stream, ZipArchiveMode.Read);
                (_folder, root) = ReadZip(_zip);
            }
            else
            {
                root = ReadLegacy();
            }

            Collect(root);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path { get; }

    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; private set; } = new Dictionary<string, StoredTensor>();

    /// <exception cref="CheckpointException">The file cannot be read, is damaged, or asks for something that is not known.</exception>
    public static TorchFile Open(string path)
    {
        try
        {
            return new TorchFile(path);
        }
        catch (InvalidDataException e)
        {
            throw new CheckpointException($"{path} is not a sound file of torch.save: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path} cannot be read: {SystemFault.Of(e)}", e);
        }
    }

    public Tensor Read(string name)
    {
        Libtorch.Load();
        var (storage, offset, shape, strides) = _views[name];
        var size = SizeOf(storage.Type);
        var bytes = new byte[Reach(shape, strides) * size];
        using (var source = Storage(storage.Key))
        {
            for (var skip = offset * size; skip > 0;)
            {
                var part = (int)Math.Min(skip, 1 << 20);
                source.ReadExactly(new byte[part]);
                skip -= part;
            }

            source.ReadExactly(bytes);
        }

        var flat = empty(bytes.Length / size, dtype: storage.Type);
        bytes.CopyTo(flat.bytes);
        return flat.as_strided(shape, strides).contiguous();
    }

    public void Dispose()
    {
        _zip?.Dispose();
        _stream.Dispose();
    }

    private static bool StartsAsZip(FileStream stream)
    {
        Span<byte> start = stackalloc byte[4];
        var read = stream.ReadAtLeast(start, 4, throwOnEndOfStream: false);
        stream.Position = 0;
        return read == 4 && start.SequenceEqual("PK\x3\x4"u8);
    }

    private (string Folder, object? Root) ReadZip(ZipArchive zip)
    {
        var pickles = zip.Entries.Where(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal)).ToList();
        if (pickles.Count != 1)
            throw new InvalidDataException($"{pickles.Count} files data.pkl; expected one");
        var folder = pickles[0].FullName[..^"data.pkl".Length];
        foreach (var entry in zip.Entries)
        {
            // torch packs nothing: what unfolds to more than the file holds is no work of torch's.
            if (entry.CompressedLength != entry.Length)
                throw new InvalidDataException($"{entry.FullName} is compressed, which torch.save does not do");
            if (entry.FullName.StartsWith(folder + "data/", StringComparison.Ordinal)
                && !_storages.TryAdd(entry.FullName[(folder.Length + "data/".Length)..], (0, entry.Length)))
                throw new InvalidDataException($"{entry.FullName} is given twice");
        }

        if (zip.GetEntry(folder + "byteorder") is { } order)
        {
            using var reader = new StreamReader(order.Open());
            if (reader.ReadToEnd() is var endian && endian != "little")
                throw new InvalidDataException($"its bytes are in {endian} order; known is little");
        }

        using var pickle = pickles[0].Open();
        return (folder, new PickleReader(pickle, Call, Persistent).Read());
    }

    /// <summary>A number, a version, facts about the machine, the values, the storages' keys; then the storages.</summary>
    private object? ReadLegacy()
    {
        if (Pickle() is not BigInteger magic || magic != Magic)
            throw new InvalidDataException("it begins like none");
        if (Pickle() is not 1001L)
            throw new InvalidDataException("its version is not known");
        Pickle();
        var declared = new Dictionary<string, TensorStorage>();
        var root = new PickleReader(_stream, Call, id =>
        {
            var storage = Persistent(id);
            return declared[storage.Key] = storage;
        }).Read();
        var count = new byte[sizeof(long)];
        foreach (var key in (Pickle() as List<object?> ?? []).Select(key => key as string ?? ""))
        {
            if (!declared.TryGetValue(key, out var storage))
                throw new InvalidDataException($"the storage {key} belongs to no tensor");
            _stream.ReadExactly(count);
            var length = BitConverter.ToInt64(count);
            if (length != storage.Elements || length > (_stream.Length - _stream.Position) / SizeOf(storage.Type))
                throw new InvalidDataException($"the storage {key} is said to have {storage.Elements} values, and has {length}, or less than that");
            _storages.Add(key, (_stream.Position, length * SizeOf(storage.Type)));
            _stream.Position += length * SizeOf(storage.Type);
        }

        return root;

        object? Pickle() => new PickleReader(_stream, Call, Persistent).Read();
    }

    private void Collect(object? root)
    {
        if (root is Dictionary<object, object?> checkpoint && checkpoint.TryGetValue("state_dict", out var inner))
            root = inner;
        if (root is not Dictionary<object, object?> state)
            throw new InvalidDataException("it holds no state dict");
        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var (key, value) in state)
        {
            if (key is not string name || value is not TensorView view)
                throw new InvalidDataException($"the entry {key} of its state dict is not a tensor");
            if (!_storages.TryGetValue(view.Storage.Key, out var stored))
                throw new InvalidDataException($"{name}: its storage {view.Storage.Key} is not there");
            var (size, reach) = (SizeOf(view.Storage.Type), Reach(view.Shape, view.Strides));
            if (view.Offset < 0 || reach > (stored.Bytes / size) - view.Offset)
                throw new InvalidDataException($"{name} needs {reach} values from place {view.Offset} on; its storage {view.Storage.Key} has {stored.Bytes / size}");
            _views.Add(name, view);
            tensors.Add(name, new(name, view.Storage.Type, view.Shape, view.Offset * size, view.Shape.Aggregate((long)size, (product, side) => product * side)));
        }

        Tensors = tensors;
    }

    /// <summary>The few things that a state dict is made with.</summary>
    private static object? Call(PickleName name, object?[] arguments)
    {
        switch ($"{name}")
        {
            case "collections.OrderedDict" when arguments.Length == 0:
                return new Dictionary<object, object?>();
            case "torch.Size" when arguments is [object?[] sides]:
                return sides;
            case "torch._utils._rebuild_parameter" when arguments is [TensorView parameter, ..]:
                return parameter;
            case "torch._utils._rebuild_tensor_v2" when arguments is [TensorStorage storage, long offset, object?[] shape, object?[] strides, ..]:
                if (shape.Length != strides.Length || shape.Concat(strides).Any(side => side is not long number || number < 0))
                    throw new InvalidDataException("a tensor whose shape and strides do not fit");
                return new TensorView(storage, offset, [.. shape.Cast<long>()], [.. strides.Cast<long>()]);
            default:
                throw new InvalidDataException($"it asks to call {name}, which no state dict needs");
        }
    }

    private static TensorStorage Persistent(object? id) =>
        id is object?[] and ["storage", PickleName { Module: "torch" } type, string key, string, long elements, ..] && Types.TryGetValue(type.Name, out var scalar)
            ? new TensorStorage(key, scalar, elements)
            : throw new InvalidDataException("it refers to something outside that is not a storage of a known type");

    private Stream Storage(string key)
    {
        if (_zip is not null)
            return _zip.GetEntry($"{_folder}data/{key}")!.Open();
        var stream = File.OpenRead(Path);
        stream.Position = _storages[key].Offset;
        return stream;
    }

    /// <summary>How many values lie between a tensor's first and last, both included.</summary>
    private static long Reach(long[] shape, long[] strides)
    {
        if (shape.Contains(0))
            return 0;
        return checked(1 + shape.Zip(strides).Sum(pair => (pair.First - 1) * pair.Second));
    }

    private static int SizeOf(ScalarType type) => type switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };

    private sealed record TensorStorage(string Key, ScalarType Type, long Elements);

    private sealed record TensorView(TensorStorage Storage, long Offset, long[] Shape, long[] Strides);
}
