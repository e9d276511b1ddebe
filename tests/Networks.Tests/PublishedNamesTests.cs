using ReflectDiT.Eval.Networks.Checkpoints;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>What a network asks for with a published configuration, against the names and shapes of the published checkpoint.</summary>
public sealed class PublishedNamesTests
{
    private static readonly SanaConfig Sana10 = new(32, 32, 70, 32, 20, 20, 112, 2304, 2.5, 1e-6, 32, QkNorm: false, 1);

    private static readonly DcSide Encoder = new(
        [128, 256, 512, 512, 1024, 1024], [2, 2, 2, 3, 3, 3], [false, false, false, true, true, true], [[], [], [], [5], [5], [5]]);

    public static TheoryData<string> Built => [.. Constructors.Keys];

    private static Dictionary<string, Action<Weights>> Constructors => new()
    {
        ["sana-1.0-1600m.transformer"] = w => new SanaTransformer(Sana10, w).Dispose(),
        ["sana-1.5-1600m.transformer"] = w => new SanaTransformer(Sana10 with { QkNorm = true }, w).Dispose(),
        ["sana-1.5-4800m.transformer"] = w => new SanaTransformer(Sana10 with { QkNorm = true, Layers = 60 }, w).Dispose(),
        ["reflect-dit.transformer"] = w => new ReflectTransformer(new(Sana10, 1024, 2), w, ReflectionQuirks.Paper).Dispose(),
        ["dc-ae-f32c32.vae"] = w => new DcAutoencoder(
            new(3, 32, 32, Encoder, Encoder with { Layers = [3, 3, 3, 3, 3, 3] }, 0.41407), w).Dispose(),
    };

    [Theory]
    [MemberData(nameof(Built))]
    public void A_network_asks_for_every_parameter_of_the_published_checkpoint_and_for_no_other(string model)
    {
        var w = Weights.None();
        Constructors[model](w);
        var published = PublishedNames.Read(model);
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
