using ReflectDiT.Eval.Networks.Checkpoints;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>What a network asks for with a published configuration, against the names and shapes of the published checkpoint.</summary>
public sealed class PublishedNamesTests
{
    private static readonly SanaConfig Sana10 = new(32, 32, 70, 32, 20, 20, 112, 2304, 2.5, 1e-6, 32, QkNorm: false, 1);

    private static readonly DcSide Encoder = new(
        [128, 256, 512, 512, 1024, 1024], [2, 2, 2, 3, 3, 3], [false, false, false, true, true, true], [[], [], [], [5], [5], [5]]);

    private static readonly ClipConfig ClipL14 = new(768, new(1024, 4096, 24, 16), 224, 14, new(768, 3072, 12, 12), 77, 49408);

    private static readonly SiglipConfig SiglipLarge = new(384, 16, 1024, 4096, 24, 16, 1e-6);

    public static TheoryData<string> Built => [.. Constructors.Keys];

    private static Dictionary<string, Action<Weights>> Constructors => new()
    {
        ["sana-1.0-1600m.transformer"] = w => new SanaTransformer(Sana10, w).Dispose(),
        ["sana-1.5-1600m.transformer"] = w => new SanaTransformer(Sana10 with { QkNorm = true }, w).Dispose(),
        ["sana-1.5-4800m.transformer"] = w => new SanaTransformer(Sana10 with { QkNorm = true, Layers = 60 }, w).Dispose(),
        ["reflect-dit.transformer"] = w => new ReflectTransformer(new(Sana10, 1024, 2), w, ReflectionQuirks.Paper).Dispose(),
        ["dc-ae-f32c32.vae"] = w => new DcAutoencoder(
            new(3, 32, 32, Encoder, Encoder with { Layers = [3, 3, 3, 3, 3, 3] }, 0.41407), w).Dispose(),
        ["gemma-2-2b.text_encoder"] = w => new Gemma2(new(256000, 2304, 9216, 26, 8, 4, 256, 256, 50, 4096, 1e-6, 10000), w, softCap: false).Dispose(),
        ["siglip-large-patch16-384.vision"] = w => new SiglipVision(SiglipLarge, w).Dispose(),
        ["siglip-large-patch16-384.whole-file"] = w => new SiglipVision(SiglipLarge, w).Dispose(),
        ["open_clip-ViT-L-14-quickgelu"] = w => new Clip(ClipL14, w).Dispose(),
        ["hf-clip-vit-large-patch14"] = w => new Clip(ClipL14, w).Dispose(),
        ["qwen2.5-vl-3b.judge"] = w => new QwenVl(
            new(151936, 2048, 11008, 36, 16, 2, 1e-6, 1e6, [16, 24, 24], Tied: true, 151655, 151652,
                new(14, 1280, 3420, 32, 16, 4, new HashSet<int> { 7, 15, 23, 31 })), w).Dispose(),
        ["mask2former_swin-s-p4-w7-224_lsj_8x2_50e_coco"] = w => new Mask2Former(Mask2FormerConfig.Published, w).Dispose(),
    };

    /// <summary>The network's name for one of the checkpoint's, where they differ; null for what the network does not use.</summary>
    private static string? NameOf(string model, string name) => model.Split('-', '.', '_')[0] switch
    {
        "gemma" => Gemma2.Name(name),
        "siglip" => SiglipVision.Name(name),
        "open" or "hf" => Clip.Name(name),
        "qwen2" => QwenVl.Name(name, tied: true),
        "mask2former" => Mask2Former.Name(name),
        _ => name,
    };

    [Theory]
    [MemberData(nameof(Built))]
    public void A_network_asks_for_every_parameter_of_the_published_checkpoint_and_for_no_other(string model)
    {
        var published = PublishedNames.Read(model).Where(name => NameOf(model, name.Key) is not null)
            .ToDictionary(name => NameOf(model, name.Key)!, name => name.Value);
        var w = Weights.None(published.Keys);
        Constructors[model](w);
        Assert.Equal(published.Keys.Order(StringComparer.Ordinal), w.Shapes.Keys.Order(StringComparer.Ordinal));
        Assert.All(published, name => Assert.Equal(name.Value, w.Shapes[name.Key]));
    }

    [Fact]
    public void A_checkpoint_of_another_shape_is_none_of_the_published()
    {
        using var checkpoint = Checkpoint.Open(Path.Combine(GoldenCase.Repository, "sana-transformer-1.0/transformer"));
        var comparison = PublishedNames.Compare(checkpoint);
        Assert.False(comparison.IsPublished);
        Assert.NotEmpty(comparison.Misshaped);
    }
}
