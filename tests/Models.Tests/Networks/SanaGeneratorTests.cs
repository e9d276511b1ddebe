using System.Security.Cryptography;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Networks;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using TorchSharp;

namespace ReflectDiT.Eval.Models.Tests.Networks;

/// <summary>Small networks of the golden cases in one folder, as a snapshot lies on disk.</summary>
internal static class Snapshot
{
    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = FindRoot();

    private static readonly string Goldens = Path.Combine(Root, "tests/Networks.Tests/Goldens");

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

/// <summary>Where a generator's parts are, what they take and which type they compute in.</summary>
public sealed class GeneratorPlacementTests : IDisposable
{
    private readonly string _folder = Snapshot.Make("reflect-pipeline-k0/transformer");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ContextImage Past(byte shade) => new(Snapshot.Image(shade), "It is a dog.");

    [Fact]
    public async Task Offloaded_it_draws_the_same_to_the_last_bit_and_encodes_a_past_image_once()
    {
        var request = new DrawRequest("a cat", 1, [Past(1)]);
        byte[] stays;
        using (var generator = Load(new()))
            stays = await Draw(generator, request);
        using var offloaded = Load(new() { Offload = true });
        Assert.Equal(stays, await Draw(offloaded, request));

        // Without its encoder it still draws from what it has seen, and from nothing else.
        Directory.Delete(Path.Combine(_folder, "vision_encoder"));
        await Draw(offloaded, request with { Seed = 2 });
        Assert.Equal(stays, await Draw(offloaded, request));
        var refused = await Assert.ThrowsAsync<CheckpointException>(() => Draw(offloaded, request with { Context = [Past(1), Past(2)] }));
        Assert.Contains("vision_encoder", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_before_a_prompt_and_how_much_of_it_is_seen_change_the_drawing_and_the_transformers_folder_does_not()
    {
        var request = new DrawRequest("two dogs and a clock above a bench", 1, [Past(1)]);
        Directory.Move(Path.Combine(_folder, "transformer"), Path.Combine(_folder, "transformer_tuned"));
        var tuned = Parameters("fp32") with { Transformer = "transformer_tuned" };
        var drawn = await DrawBy(tuned);
        var others = new[]
        {
            await DrawBy(tuned with { Instruction = "none" }), await DrawBy(tuned with { Instruction = "none", PromptTokens = 4 }),
            await DrawBy(tuned with { FeedbackTokens = 2 }), await DrawBy(tuned with { FeedbackInstruction = "What is wrong: " }),
        };
        Assert.Equal(5, others.Append(drawn).Select(Convert.ToHexString).Distinct().Count());
        Directory.Move(Path.Combine(_folder, "transformer_tuned"), Path.Combine(_folder, "transformer"));
        Assert.Equal(drawn, await DrawBy(Parameters("fp32")));

        async Task<byte[]> DrawBy(SanaParameters parameters)
        {
            using var generator = new SanaGenerator(Model("fp32"), new() { Path = _folder }, parameters);
            return await Draw(generator, request);
        }
    }

    [Theory]
    [InlineData("fp16")]
    [InlineData("bf16")]
    public async Task Types_of_half_the_width_draw_nearly_the_same(string dtype)
    {
        var request = new DrawRequest("a cat", 1, [Past(1)]);
        using var single = Load(new());
        using var half = Load(new(), dtype);
        var (a, b) = (ImageReader.Decode(await Draw(single, request)), ImageReader.Decode(await Draw(half, request)));
        Assert.InRange(a.Rgb.ToArray().Zip(b.Rgb.ToArray(), (x, y) => Math.Abs(x - y)).Average(), 0.001, 4);
    }

    /// <summary>The type changes the image: what a sweep draws with is not for a machine to choose.</summary>
    [Fact]
    public void A_sweep_says_its_type_and_no_auto() => Assert.Contains(
        "dtype: expected bf16 or fp32 or fp16, found \"auto\"",
        Assert.Throws<FormatException>(() => SettingsJson.Read<SanaParameters>("sana.json", """{"model": "small", "dtype": "auto"}""")).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task What_it_takes_is_known_before_it_is_loaded_and_checked_against_the_device()
    {
        var (model, placement) = (Model("fp32"), new Placement { Path = _folder });
        var (all, offloaded) = (new ModelKinds().Memory(model, placement), new ModelKinds().Memory(model, placement with { Offload = true }));
        Assert.True(offloaded < all);
        using var host = new ModelHost { Capacity = _ => offloaded };
        var refused = await Assert.ThrowsAsync<ModelUnavailableException>(() => host.Generator(model, placement).LoadAsync(CancellationToken.None));
        Assert.Contains("see memory_gib and offload of its placement", refused.Message, StringComparison.Ordinal);
        await host.Generator(model, placement with { Offload = true }).LoadAsync(CancellationToken.None);
        Assert.Single(host.Loaded);
        var nowhere = await Assert.ThrowsAsync<ModelUnavailableException>(
            () => host.Generator(model, placement with { Path = "/no/such/folder" }).LoadAsync(CancellationToken.None));
        Assert.Contains("/no/such/folder", nowhere.Message, StringComparison.Ordinal);
    }

    private static ModelConfiguration Model(string dtype) => new(ModelConfiguration.ReflectDit, JsonSerializer.SerializeToElement(
        Parameters(dtype), SettingsJson.Form))
    { Batch = 1 };

    private static SanaParameters Parameters(string dtype) => new("small", Steps: 2, Height: 64, Width: 64, Dtype: dtype, ImageTokens: 4);

    private SanaGenerator Load(Placement placement, string dtype = "fp32") => new(Model(dtype), placement with { Path = _folder }, Parameters(dtype));

    private static async Task<byte[]> Draw(SanaGenerator generator, DrawRequest request) =>
        (await generator.AnswerAsync([request], CancellationToken.None))[0].Image.ToArray();
}
