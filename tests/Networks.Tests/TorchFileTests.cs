using System.IO.Compression;
using System.Text;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

public sealed class TorchFileTests : IDisposable
{
    private static readonly string Goldens = GoldenCase.Repository;

    private readonly string _folder = Directory.CreateTempSubdirectory("torch-file-").FullName;

    public TorchFileTests() => Libtorch.Load();

    /// <summary>Both forms hold tensors of the same weights; the older one a part of them.</summary>
    [Theory]
    [InlineData("mask2former-mmdet-portrait/checkpoint.pth", true)]
    [InlineData("mask2former-mmdet-landscape/checkpoint.part.legacy.pth", false)]
    public void Tensors_are_those_that_were_saved(string path, bool whole)
    {
        using var scope = NewDisposeScope();
        using var file = TorchFile.Open(Path.Combine(Goldens, path));
        using var expected = SafetensorsFile.Open(Path.Combine(Goldens, "mask2former-mmdet-landscape/detector/model.safetensors"));
        var indexes = file.Tensors.Keys.Where(name => name.EndsWith("relative_position_index", StringComparison.Ordinal)).ToList();
        var names = file.Tensors.Keys.Except(indexes).ToList();
        Assert.NotEmpty(names);
        Assert.True(!whole || names.Order().SequenceEqual(expected.Tensors.Keys.Order()));
        Assert.All(names, name => Assert.True((file.Read(name) == expected.Read(name)).all().item<bool>(), name));
    }

    [Fact]
    public void The_detector_is_loaded_from_the_file_as_it_is_published()
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        var arguments = GoldenCase.Open(Path.Combine(Goldens, "mask2former-mmdet-portrait")).Arguments;
        using var published = Mask2Former.Load(Path.Combine(Goldens, "mask2former-mmdet-portrait/checkpoint.pth"), Kinds.Mask2FormerKind.Config(arguments), ScalarType.Float32, CPU);
        using var converted = Mask2Former.Load(Path.Combine(Goldens, "mask2former-mmdet-landscape/detector"), Kinds.Mask2FormerKind.Config(arguments), ScalarType.Float32, CPU);
        var image = ones(1, 3, 64, 64);
        Assert.True((published.Forward(image).Masks == converted.Forward(image).Masks).all().item<bool>());
    }

    [Fact]
    public void A_view_is_read_as_the_values_that_it_shows()
    {
        using var file = TorchFile.Open(Zip(Tensor("w", 4, offset: 1, shape: 3, stride: 1), [0, 1, 2, 3]));
        Assert.Equal([1f, 2, 3], file.Read("w").data<float>().ToArray());
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "code", "it asks to call os.system" },
        { "code in place of a class", "it asks to call builtins.eval" },
        { "attributes", "sets attributes" },
        { "opcode", "opcode 0x69" },
        { "cut off", "a damaged pickle" },
        { "short storage", "w needs 9 values from place 0 on; its storage 0 has 4" },
        { "behind the storage", "w needs 3 values from place 2 on; its storage 0 has 4" },
        { "no storage", "its storage 0 is not there" },
        { "unknown storage", "not a storage of a known type" },
        { "no dictionary", "it holds no state dict" },
        { "packed", "is compressed, which torch.save does not do" },
        { "no zip", "is not a sound file of torch.save" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_file_that_would_do_harm_is_refused_by_what_is_wrong(string what, string said)
    {
        var path = what switch
        {
            "code" => Zip([0x80, 2, .. "cos\nsystem\n"u8, .. Text("touch harm"), 0x85, .. "R."u8], [1]),
            "code in place of a class" => Zip([0x80, 2, .. "cbuiltins\neval\n"u8, .. Text("1"), 0x85, 0x81, .. "."u8], [1]),
            "attributes" => Zip([0x80, 2, .. "cos\nsystem\n}b."u8], [1]),
            "opcode" => Zip([0x80, 2, .. "(ios\nsystem\n."u8], [1]),
            "cut off" => Zip(Tensor("w", 4, 0, 4, 1)[..40], [0, 1, 2, 3]),
            "short storage" => Zip(Tensor("w", 9, 0, 9, 1), [0, 1, 2, 3]),
            "behind the storage" => Zip(Tensor("w", 4, 2, 3, 1), [0, 1, 2, 3]),
            "no storage" => Zip(Tensor("w", 4, 0, 4, 1), null),
            "unknown storage" => Zip(Tensor("w", 4, 0, 4, 1, "QuantizedStorage"), [0, 1, 2, 3]),
            "no dictionary" => Zip([0x80, 2, .. "K1."u8], [1]),
            "packed" => Zip(Tensor("w", 250, 0, 250, 1), new float[250], CompressionLevel.SmallestSize),
            _ => Written([1, 2, 3, 4, 5]),
        };
        var refusal = Assert.Throws<CheckpointException>(() => TorchFile.Open(path));
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The pickle of a state dict with one tensor of one dimension.</summary>
    private static byte[] Tensor(string name, byte elements, byte offset, byte shape, byte stride, string storage = "FloatStorage") =>
    [
        0x80, 2, (byte)'}', .. Text(name), .. "ctorch._utils\n_rebuild_tensor_v2\n(("u8, .. Text("storage"), .. Encoding.ASCII.GetBytes($"ctorch\n{storage}\n"),
        .. Text("0"), .. Text("cpu"), (byte)'K', elements, .. "tQK"u8, offset, (byte)'K', shape, 0x85, (byte)'K', stride, 0x85, 0x89,
        .. "ccollections\nOrderedDict\n)RtRs."u8,
    ];

    private static byte[] Text(string text) => [(byte)'X', .. BitConverter.GetBytes(text.Length), .. Encoding.ASCII.GetBytes(text)];

    private string Zip(byte[] pickle, float[]? storage, CompressionLevel level = CompressionLevel.NoCompression)
    {
        var path = Path.Combine(_folder, "checkpoint.pth");
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        Add("checkpoint/data.pkl", pickle);
        if (storage is not null)
            Add("checkpoint/data/0", [.. storage.SelectMany(BitConverter.GetBytes)]);
        return path;

        void Add(string name, byte[] bytes)
        {
            using var entry = zip.CreateEntry(name, level).Open();
            entry.Write(bytes);
        }
    }

    private string Written(byte[] bytes)
    {
        var path = Path.Combine(_folder, "checkpoint.pth");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
