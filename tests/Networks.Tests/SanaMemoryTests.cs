using System.Globalization;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>What generators take of their device, before any of them is loaded.</summary>
public sealed class SanaMemoryTests
{
    private const double Gib = 1L << 30;

    private static readonly Gemma2Config Gemma = new(256000, 2304, 9216, 26, 8, 4, 256, 256, 50, 4096, 1e-6, 10000);

    private static readonly DcSide Side = new(
        [128, 256, 512, 512, 1024, 1024], [3, 3, 3, 3, 3, 3], [false, false, false, true, true, true], [[], [], [], [5], [5], [5]]);

    private static readonly DcConfig DcAe = new(3, 32, 32, Side, Side, 0.41407);

    public static TheoryData<string, string, bool> Published => new()
    {
        { "SANA-1.0-1.6B", "sana-1.0-1600m.transformer", false },
        { "SANA-1.5-1.6B", "sana-1.5-1600m.transformer", false },
        { "SANA-1.5-4.8B", "sana-1.5-4800m.transformer", false },
        { "Reflect-DiT", "reflect-dit.transformer", true },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void The_table_of_the_documentation_is_what_is_worked_out(string model, string transformer, bool images)
    {
        var row = File.ReadLines(Path.Combine(GoldenCase.Repository, "../../../docs/networks.md"))
            .Single(line => line.StartsWith($"| {model} |", StringComparison.Ordinal));
        var said = row.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)[1..]
            .Select(cell => double.Parse(cell, CultureInfo.InvariantCulture));
        var expected = new[] { ScalarType.BFloat16, ScalarType.Float32 }
            .SelectMany(type => new[] { false, true }.Select(offload => Plan(transformer, images, type).Bytes(offload) / Gib));
        Assert.Equal(expected.Select(gib => Math.Round(gib, 1)), said);
    }

    [Fact]
    public void With_offload_a_full_size_model_fits_20_GiB_in_fp32() =>
        Assert.InRange(Plan("sana-1.0-1600m.transformer", images: false, ScalarType.Float32).Bytes(offload: true) / Gib, 14, 18);

    [Fact]
    public void A_folder_is_measured_by_its_headers_as_its_networks_are_loaded()
    {
        var folders = new SanaFolders(At("sana-pipeline-1.0/tokenizer"), At("sana-pipeline-1.0/text_encoder"), At("reflect-pipeline-k0/transformer"),
            At("dc-ae-linear/vae"), At("sana-pipeline-1.0/scheduler"), At("reflect-pipeline-k1/vision_encoder"));
        var plan = SanaMemory.Of(folders, ScalarType.BFloat16, ScalarType.Float32, 64, 64, batch: 1);
        using var text = Gemma2.Load(folders.TextEncoder, ScalarType.Float32, CPU, softCap: false);
        using var transformer = ReflectTransformer.Load(folders.Transformer, ScalarType.BFloat16, CPU, ReflectionQuirks.Paper);
        using var autoencoder = DcAutoencoder.Load(folders.Autoencoder, ScalarType.Float32, CPU);
        using var vision = SiglipVision.Load(folders.Vision!, ScalarType.Float32, CPU);
        Assert.Equal(Bytes(text.Parameters), plan.Text.Weights);
        Assert.Equal(Bytes(transformer.Parameters), plan.Transformer.Weights);
        Assert.Equal(Bytes(autoencoder.Parameters), plan.Autoencoder.Weights);
        Assert.Equal(Bytes(vision.Parameters), plan.Vision!.Weights);
        Assert.True(plan.Bytes(offload: true) < plan.Bytes(offload: false));

        static string At(string path) => Path.Combine(GoldenCase.Repository, path);
        static long Bytes(IReadOnlyDictionary<string, Tensor> parameters) => parameters.Values.Sum(p => p.numel() * p.element_size());
    }

    private static SanaMemory Plan(string transformer, bool images, ScalarType type)
    {
        var config = new SanaConfig(32, 32, 70, 32, 20, 20, 112, 2304, 2.5, 1e-6, 32, QkNorm: false, 1);
        return new(
            SanaMemory.OfText(Gemma, Parameters("gemma-2-2b.text_encoder"), type),
            SanaMemory.OfTransformer(config, Parameters(transformer), type, batch: 1, pixels: 32 * 32),
            SanaMemory.OfAutoencoder(DcAe, Parameters("dc-ae-f32c32.vae"), type, pixels: 1024 * 1024),
            images ? SanaMemory.OfVision(new(384, 16, 1024, 4096, 24, 16, 1e-6), Parameters("siglip-large-patch16-384.vision"), type) : null);
    }

    private static long Parameters(string model) =>
        PublishedNames.Read(model).Sum(name => name.Value.Aggregate(1L, (product, side) => product * side));
}
