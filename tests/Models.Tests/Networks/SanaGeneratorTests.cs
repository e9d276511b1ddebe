using System.Security.Cryptography;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Networks;
using ReflectDiT.Eval.Networks;
using TorchSharp;

namespace ReflectDiT.Eval.Models.Tests.Networks;

/// <summary>Small networks of the golden cases in one folder, as a snapshot lies on disk.</summary>
internal static class Snapshot
{
    private static readonly string Goldens = Path.Combine(FindRoot(), "tests/Networks.Tests/Goldens");

    public static string Make(string transformer)
    {
        Libtorch.Load();
        torch.set_num_threads(1);
        var folder = Directory.CreateTempSubdirectory("snapshot").FullName;
        foreach (var (name, golden) in new[]
            {
                ("tokenizer", "sana-pipeline-1.0/tokenizer"), ("text_encoder", "sana-pipeline-1.0/text_encoder"),
                ("scheduler", "sana-pipeline-1.0/scheduler"), ("vae", "dc-ae-linear/vae"), ("transformer", transformer),
                ("vision_encoder", "reflect-pipeline-k1/vision_encoder"),
            })
        {
            Directory.CreateSymbolicLink(Path.Combine(folder, name), Path.Combine(Goldens, golden));
        }

        return folder;
    }

    public static byte[] Image(byte shade) => PngWriter.Encode(new RgbImage(24, 16, [.. Enumerable.Range(0, 24 * 16 * 3).Select(i => (byte)(shade + i))]));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ReflectDiT.Eval.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("No ReflectDiT.Eval.sln above the tests.");
        return folder.FullName;
    }
}

public abstract class NetworkGeneratorCompliance(string kind, string transformer) : ModelCompliance<DrawRequest, Drawing>, IDisposable
{
    private readonly string _folder = Snapshot.Make(transformer);

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true); // links, not what they lead to
        GC.SuppressFinalize(this);
    }

    protected override ModelConfiguration Configuration { get; } = new(kind, JsonSerializer.SerializeToElement(
        new SanaParameters("small", Steps: 2, Height: 64, Width: 64, Dtype: "fp32", ImageTokens: 4), SettingsJson.Form))
    { Batch = 3 };

    protected override IModel<DrawRequest, Drawing> Load(IModelKinds kinds, ModelConfiguration model) =>
        kinds.Generator(model, new() { Path = _folder });

    protected override HostedModel<DrawRequest, Drawing> Host(ModelHost host, ModelConfiguration model, Placement placement) =>
        host.Generator(model, placement with { Path = _folder, Device = placement.Device is null ? null : Placement.Processor });

    protected override string Said(Drawing answer)
    {
        var image = ImageReader.Decode(answer.Image);
        return $"{image.Width} x {image.Height}, {answer.FunctionEvaluations}, {Convert.ToHexString(SHA256.HashData(image.Rgb))}";
    }
}

public sealed class SanaGeneratorTests() : NetworkGeneratorCompliance(ModelConfiguration.Sana, "sana-pipeline-1.0/transformer")
{
    protected override IReadOnlyList<DrawRequest> Requests { get; } =
        [new("a cat", 1, []), new("a cat", 2, []), new("two dogs and a clock above a bench", 1, []), new("", -1, [])];

    protected override DrawRequest Unanswerable { get; } = new("a cat", 1, [new(Snapshot.Image(1), "It is a dog.")]);
}

public sealed class ReflectDitGeneratorTests() : NetworkGeneratorCompliance(ModelConfiguration.ReflectDit, "reflect-pipeline-k0/transformer")
{
    protected override IReadOnlyList<DrawRequest> Requests { get; } =
    [
        new("a cat", 1, []),
        new("a cat", 1, [new(Snapshot.Image(1), "It is a dog.")]),
        new("a cat", 1, [new(Snapshot.Image(1), "It is a dog."), new(Snapshot.Image(100), "There are two of them.")]),
        new("a clock", 1, [new(Snapshot.Image(1), "")]),
        new("a clock", 7, [new(Snapshot.Image(50), "The clock is not above the bench, and it is much too small to be seen")]),
    ];

    protected override DrawRequest Unanswerable { get; } = new("a cat", 1, [new(new byte[] { 1, 2, 3 }, "It is a dog.")]);
}
