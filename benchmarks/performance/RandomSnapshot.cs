using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Networks.Checkpoints;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// Writes a model's folder of full published size with random weights, to load and to draw with: parts, files and
/// configurations as snapshots.json lists them, names and shapes as the program knows them of the published checkpoints.
/// The numbers are functions of tensor and place, so that a folder is the same wherever it is written.
/// </summary>
internal static class RandomSnapshot
{
    /// <summary>Numbers that are made at once.</summary>
    private const int Block = 1 << 20;

    private static readonly JsonSerializerOptions Form = new(JsonSerializerOptions.Strict) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <param name="Folder">In the snapshot; empty for the snapshot's own.</param>
    /// <param name="Names">Of a published checkpoint; null for a part without weights.</param>
    /// <param name="Dtype">F32, BF16 or F16, as safetensors writes it.</param>
    /// <param name="Stem">What the names of its files begin with.</param>
    /// <param name="ShardBytes">The most of a file, behind an index; 0 for one file.</param>
    /// <param name="ConfigFile">What <paramref name="Config"/> is written to.</param>
    private sealed record Part(
        string Folder, string? Names = null, string Dtype = "F32", string Stem = "diffusion_pytorch_model", string? Variant = null,
        long ShardBytes = 0, string ConfigFile = "config.json", JsonElement? Config = null);

    private sealed record Snapshots(Dictionary<string, Part> Parts, Dictionary<string, string[]> Models);

    private sealed record Tensor(string Name, long[] Shape, string Dtype)
    {
        public long Elements { get; } = Shape.Aggregate(1L, (product, side) => product * side);

        public long Bytes => Elements * (Dtype switch { "I64" => 8, "F32" => 4, _ => 2 });
    }

    /// <param name="tokenizer">A folder with the tokenizer of the text encoder, which is copied; null for none.</param>
    public static int Write(string snapshot, string folder, string? tokenizer)
    {
        var known = Read();
        if (!known.Models.TryGetValue(snapshot, out var parts))
        {
            Console.Error.WriteLine($"there is no snapshot {snapshot}; there are: {string.Join(", ", known.Models.Keys)}");
            return 1;
        }

        foreach (var part in parts.Select(name => known.Parts[name]))
        {
            var at = Directory.CreateDirectory(Path.Combine(folder, part.Folder)).FullName;
            if (part.Config is { } config)
                File.WriteAllText(Path.Combine(at, part.ConfigFile), config.GetRawText());
            if (part.Names is not null)
                WriteWeights(part, at);
            Console.WriteLine($"{at}: {Directory.EnumerateFiles(at).Sum(path => new FileInfo(path).Length) / 1e9:0.00} GB");
        }

        if (tokenizer is not null)
        {
            var to = Directory.CreateDirectory(Path.Combine(folder, "tokenizer")).FullName;
            foreach (var name in new[] { "tokenizer.json", "tokenizer_config.json" })
                File.Copy(Path.Combine(tokenizer, name), Path.Combine(to, name), overwrite: true);
        }

        return 0;
    }

    private static Snapshots Read()
    {
        using var stream = typeof(RandomSnapshot).Assembly.GetManifestResourceStream("snapshots.json")!;
        return JsonSerializer.Deserialize<Snapshots>(stream, Form)!;
    }

    private static void WriteWeights(Part part, string folder)
    {
        var shards = new List<List<Tensor>> { new() };
        foreach (var (name, shape) in PublishedNames.Read(part.Names!))
        {
            // Index buffers are the only whole numbers.
            var tensor = new Tensor(name, shape, name.EndsWith("relative_position_index", StringComparison.Ordinal) ? "I64" : part.Dtype);
            if (part.ShardBytes > 0 && shards[^1].Count > 0 && shards[^1].Sum(t => t.Bytes) + tensor.Bytes > part.ShardBytes)
                shards.Add([]);
            shards[^1].Add(tensor);
        }

        var infix = part.Variant is null ? "" : $".{part.Variant}";
        var files = shards.Select((_, i) => part.ShardBytes > 0
            ? $"{part.Stem}{infix}-{i + 1:00000}-of-{shards.Count:00000}.safetensors"
            : $"{part.Stem}{infix}.safetensors").ToList();
        foreach (var (file, tensors) in files.Zip(shards))
            WriteFile(Path.Combine(folder, file), tensors);
        if (part.ShardBytes > 0)
        {
            File.WriteAllText(Path.Combine(folder, $"{part.Stem}.safetensors.index{infix}.json"), JsonSerializer.Serialize(new
            {
                metadata = new { total_size = shards.Sum(shard => shard.Sum(tensor => tensor.Bytes)) },
                weight_map = files.Zip(shards).SelectMany(shard => shard.Second.Select(tensor => (tensor.Name, File: shard.First)))
                    .ToDictionary(tensor => tensor.Name, tensor => tensor.File),
            }));
        }
    }

    private static void WriteFile(string path, List<Tensor> tensors)
    {
        var at = 0L;
        var header = new Dictionary<string, object> { ["__metadata__"] = new { format = "pt" } };
        foreach (var tensor in tensors)
            header.Add(tensor.Name, new { dtype = tensor.Dtype, shape = tensor.Shape, data_offsets = new[] { at, at += tensor.Bytes } });
        var json = JsonSerializer.Serialize(header);
        json = json.PadRight((json.Length + 7) / 8 * 8); // as the reference aligns it
        using var file = File.Create(path);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        file.Write(length);
        file.Write(Encoding.ASCII.GetBytes(json));
        var bytes = new byte[8 * Block];
        foreach (var tensor in tensors)
        {
            for (var first = 0L; first < tensor.Elements; first += Block)
                file.Write(Fill(tensor, first, (int)Math.Min(Block, tensor.Elements - first), bytes));
        }
    }

    /// <summary>Uniform, so that a layer keeps the size of what goes through it: norms about 1, biases about 0.</summary>
    private static ReadOnlySpan<byte> Fill(Tensor tensor, long first, int count, byte[] bytes)
    {
        if (tensor.Dtype == "I64")
        {
            bytes.AsSpan(0, 8 * count).Clear();
            return bytes.AsSpan(0, 8 * count);
        }

        var (mean, width) = tensor.Shape.Length > 1 ? (0f, MathF.Sqrt(3f * tensor.Shape[0] / tensor.Elements))
            : tensor.Name.EndsWith("bias", StringComparison.Ordinal) ? (0f, 0.02f) : (1f, 0.02f);
        var seed = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(tensor.Name)));
        for (var i = 0; i < count; i += 4)
        {
            // SplitMix64 of the place: four numbers of 16 bits each.
            var bits = seed + ((ulong)(first + i) * 0x9e3779b97f4a7c15);
            bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
            bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
            bits ^= bits >> 31;
            for (var lane = 0; lane < Math.Min(4, count - i); lane++)
            {
                var value = mean + (width * ((short)(bits >> (16 * lane)) / 32768f));
                if (tensor.Dtype == "F32")
                    BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * (i + lane)), value);
                else
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * (i + lane)), tensor.Dtype == "F16"
                        ? BitConverter.HalfToUInt16Bits((Half)value)
                        : (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
            }
        }

        return bytes.AsSpan(0, count * (tensor.Dtype == "F32" ? 4 : 2));
    }
}
