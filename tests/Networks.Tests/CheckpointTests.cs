using System.Buffers.Binary;
using System.Text;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

public sealed class CheckpointTests : IDisposable
{
    private const string A = """
        "a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("checkpoint").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_tensor_is_read_wherever_it_lies_in_the_file()
    {
        // A header of an odd length: nothing of it is aligned.
        Write("model.safetensors", """{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"F32","shape":[2],"data_offsets":[1,9]} }""",
            [7, .. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f)]);
        using var checkpoint = Checkpoint.Open(_folder);
        using var a = checkpoint.Read("a");
        using var b = checkpoint.Read("b");
        Assert.Equal([1.5f, -2], a.data<float>().ToArray());
        Assert.Equal([7], b.data<byte>().ToArray());
    }

    [Theory]
    [InlineData("{", 0, "JSON")]
    [InlineData("[]", 0, "header")]
    [InlineData("""{"a":1}""", 0, "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "a lies at [0, 8] of 7 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "a lies at")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "last 1 bytes belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "a takes 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", 8, "more than any file holds")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "shape")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", 8, "F8_E4M3")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "b begins at")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}""", 16, "b begins at")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", 8, "data_offsets")]
    public void A_header_that_lies_is_refused(string header, int data, string reason)
    {
        Write("model.safetensors", header, new byte[data]);
        var refused = Assert.Throws<CheckpointException>(() => Checkpoint.Open(_folder));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains("model.safetensors", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 40)]
    [InlineData(101UL)]
    public void A_length_of_the_header_beyond_the_file_is_refused_without_memory_for_it(ulong length)
    {
        var bytes = new byte[108];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(Path.Combine(_folder, "model.safetensors"), bytes);
        Assert.Contains($"{length} bytes", Assert.Throws<CheckpointException>(() => Checkpoint.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_goes_before_a_single_file_and_a_variant_is_taken_when_asked_for_alone()
    {
        Write("diffusion_pytorch_model.safetensors", "{" + A + "}", [.. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(1f)]);
        Write("diffusion_pytorch_model-00001-of-00001.safetensors", "{" + A + "}", [.. BitConverter.GetBytes(2f), .. BitConverter.GetBytes(2f)]);
        Write("diffusion_pytorch_model.fp16.safetensors", "{" + A + "}", [.. BitConverter.GetBytes(3f), .. BitConverter.GetBytes(3f)]);
        Index("diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model-00001-of-00001.safetensors");
        Assert.Equal(2, First(null));
        Assert.Equal(3, First("fp16"));
        Write("diffusion_pytorch_model.fp16-00001-of-00001.safetensors", "{" + A + "}", [.. BitConverter.GetBytes(4f), .. BitConverter.GetBytes(4f)]);
        Index("diffusion_pytorch_model.safetensors.index.fp16.json", "diffusion_pytorch_model.fp16-00001-of-00001.safetensors");
        Assert.Equal(4, First("fp16"));
        var refused = Assert.Throws<CheckpointException>(() => Checkpoint.Open(_folder, "bf16")).Message;
        Assert.Contains("no bf16 variant", refused, StringComparison.Ordinal);
        Assert.Contains("it has one without variant, the variant fp16", refused, StringComparison.Ordinal);
        Assert.Equal([null, "fp16"], Checkpoint.Variants(_folder));
    }

    /// <summary>As diffusers does it: the autoencoder of a snapshot is often there once for all variants.</summary>
    [Fact]
    public void Of_a_snapshot_parts_without_the_variant_are_taken_as_they_are()
    {
        var (with, without) = (Path.Combine(_folder, "transformer"), Path.Combine(_folder, "vae"));
        foreach (var file in new[]
            {
                "transformer/diffusion_pytorch_model.bf16.safetensors", "vae/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors",
            })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, file))!);
            Write(file, "{" + A + "}", new byte[8]);
        }

        var folders = SanaFolders.Of(_folder, images: false, "bf16");
        Assert.Equal(("bf16", (string?)null), (folders.VariantOf(with), folders.VariantOf(without)));
        Assert.Contains("transformer/diffusion_pytorch_model.bf16.safetensors", folders.Files().Select(file => file.Name));
        Assert.Contains("no part of", Assert.Throws<CheckpointException>(() => (folders with { Variant = "fp16" }).Files().Count()).Message, StringComparison.Ordinal);
        Assert.Contains("it has the variant bf16", Assert.Throws<CheckpointException>(() => (folders with { Variant = null }).Files().Count()).Message, StringComparison.Ordinal);
    }

    /// <summary>transformers' older and newer releases, and those that save the model with its head, name the same tensors otherwise.</summary>
    [Theory]
    [InlineData("gemma2-sdpa", "text_encoder", "", "model.")]
    [InlineData("qwen25-vl-forward", "vlm", "model.", "model.language_model.")]
    [InlineData("qwen25-vl-forward", "vlm", "visual.", "model.visual.")]
    public void Both_spellings_of_a_key_are_the_same_network(string golden, string role, string spelled, string otherwise)
    {
        var model = GoldenCase.Open(Path.Combine(GoldenCase.Repository, golden)).Model(role);
        using var checkpoint = Checkpoint.Open(model);
        var header = new Dictionary<string, object>();
        var data = new List<byte>();
        foreach (var stored in checkpoint.Tensors)
        {
            using var tensor = checkpoint.Read(stored.Name);
            var name = stored.Name.StartsWith(spelled, StringComparison.Ordinal) && !stored.Name.StartsWith("lm_head", StringComparison.Ordinal)
                ? otherwise + stored.Name[spelled.Length..] : stored.Name;
            var begins = data.Count;
            data.AddRange(tensor.bytes);
            header.Add(name, new { dtype = stored.Type == ScalarType.BFloat16 ? "BF16" : "F32", shape = stored.Shape, data_offsets = new[] { begins, data.Count } });
        }

        Write("model.safetensors", System.Text.Json.JsonSerializer.Serialize(header), [.. data]);
        foreach (var config in Directory.GetFiles(model, "*.json").Where(file => !file.EndsWith("index.json", StringComparison.Ordinal)))
            File.Copy(config, Path.Combine(_folder, Path.GetFileName(config)));
        var (expected, renamed) = (Parameters(model), Parameters(_folder));
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), renamed.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, parameter => Assert.Equal(parameter.Value, renamed[parameter.Key]));

        Dictionary<string, float> Parameters(string folder)
        {
            if (role == "vlm")
            {
                using var qwen = QwenVl.Load(folder, ScalarType.Float32, CPU);
                return qwen.Parameters.ToDictionary(parameter => parameter.Key, parameter => parameter.Value.norm().item<float>());
            }

            using var gemma = Gemma2.Load(folder, ScalarType.Float32, CPU, softCap: false);
            return gemma.Parameters.ToDictionary(parameter => parameter.Key, parameter => parameter.Value.norm().item<float>());
        }
    }

    [Fact]
    public void A_file_is_hashed_once_until_its_size_or_time_changes()
    {
        var (file, remembered) = (Path.Combine(_folder, "weights"), Path.Combine(_folder, "cache", "digests.json"));
        File.WriteAllText(file, "one");
        var written = File.GetLastWriteTimeUtc(file);
        var first = new FileDigests(remembered).Of(file);
        Assert.Equal("7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed", first); // of sha256sum
        File.WriteAllText(file, "two");
        File.SetLastWriteTimeUtc(file, written);
        Assert.Equal(first, new FileDigests(remembered).Of(file)); // by another process
        File.SetLastWriteTimeUtc(file, written.AddSeconds(1));
        Assert.NotEqual(first, new FileDigests(remembered).Of(file));
    }

    [Theory]
    [InlineData("../elsewhere.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("model.bin")]
    public void An_index_leads_to_no_other_folder_and_no_other_kind_of_file(string file)
    {
        Index("model.safetensors.index.json", file);
        Assert.Contains(file, Assert.Throws<CheckpointException>(() => Checkpoint.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_that_names_what_its_file_does_not_hold_is_refused()
    {
        Write("one.safetensors", """{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", new byte[8]);
        Index("model.safetensors.index.json", "one.safetensors");
        Assert.Contains("a (in one.safetensors)", Assert.Throws<CheckpointException>(() => Checkpoint.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_at_fault_is_named_at_once()
    {
        Write("model.safetensors", """
            {"misshaped":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"left.over":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}
            """, new byte[16]);
        using var checkpoint = Checkpoint.Open(_folder);
        var w = Weights.Of(checkpoint, ScalarType.Float32, CPU);
        w.In("one").Get("missing", 3);
        w.Get("misshaped", 2, 1);
        var message = Assert.Throws<CheckpointException>(w.Complete).Message;
        Assert.Contains("one.missing is missing; it has the shape [3]", message, StringComparison.Ordinal);
        Assert.Contains("misshaped has the shape [1, 2], not [2, 1]", message, StringComparison.Ordinal);
        Assert.Contains("left.over is superfluous", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"qk_norm\": \"layer_norm\"", "qk_norm is \"layer_norm\"")]
    [InlineData("\"patch_size\": 2", "patch_size is 2")]
    [InlineData("\"attention_bias\": true", "attention_bias is true")]
    [InlineData("\"interpolation_scale\": \"two\"", "interpolation_scale")]
    [InlineData("\"guidance_embeds\": true", "guidance_embeds is true")]
    [InlineData("\"cross_attention_dim\": 41", "cross_attention_dim is 41")]
    [InlineData("\"num_layers\": \"two\"", "num_layers")]
    [InlineData("\"a_new_switch\": 1", "a_new_switch")]
    public void A_setting_of_which_nothing_is_known_is_refused_by_name(string setting, string reason)
    {
        var model = Path.Combine(GoldenCase.Repository, "sana-transformer-1.5/transformer");
        foreach (var file in Directory.GetFiles(model))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        var config = Path.Combine(_folder, "config.json");
        var key = setting.Split(':')[0];
        File.WriteAllLines(config, [.. File.ReadAllLines(config).Where(line => !line.Contains(key, StringComparison.Ordinal))
            .Select(line => line == "{" ? $"{{ {setting}," : line)]);
        var refused = Assert.Throws<CheckpointException>(() => SanaTransformer.Load(_folder, ScalarType.Float32, CPU).Dispose());
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private float First(string? variant)
    {
        using var checkpoint = Checkpoint.Open(_folder, variant);
        using var a = checkpoint.Read("a");
        return a.data<float>()[0];
    }

    private void Index(string name, string file) =>
        File.WriteAllText(Path.Combine(_folder, name), $$"""{"metadata":{},"weight_map":{"a":"{{file}}"} }""");

    private void Write(string name, string header, byte[] data)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, Encoding.UTF8.GetByteCount(header));
        File.WriteAllBytes(Path.Combine(_folder, name), [.. length, .. Encoding.UTF8.GetBytes(header), .. data]);
    }
}
