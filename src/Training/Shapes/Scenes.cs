using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>Scenes of training prompts, and images as the networks take them.</summary>
internal static class Scenes
{
    public const int Size = Scene.Size;

    /// <summary>Numbers of an image.</summary>
    public const int Numbers = SceneRenderer.Bytes;

    /// <summary>The training prompts by category: a category is drawn first, as they have very different numbers of prompts.</summary>
    private static readonly int[][] ByCategory = [.. ShapePrompts.Published.Training.Index().GroupBy(prompt => prompt.Item.Tag)
        .Select(category => category.Select(prompt => prompt.Index).ToArray())];

    /// <summary>Shares of the categories in training, in the order of the prompts: the more there is to bind, the more.</summary>
    private static readonly double[] Shares = [0.06, 0.14, 0.2, 0.12, 0.2, 0.28];

    /// <summary>The index of a training prompt.</summary>
    public static int Prompt(NumpyRandom random)
    {
        var (at, category) = (random.NextDouble(), 0);
        while (category + 1 < Shares.Length && at >= Shares[category])
            at -= Shares[category++];
        return ByCategory[category][random.NextInt(ByCategory[category].Length)];
    }

    /// <summary>A board with the objects of one to sixteen prompts: it is the cells with an object that teach something.</summary>
    public static Scene Full(NumpyRandom random)
    {
        var scenes = Enumerable.Range(0, 1 + random.NextInt(16)).Select(_ => SceneSampler.Sample(ShapePrompts.Published.Training[Prompt(random)], random)).ToList();
        return scenes[0] with { Objects = [.. scenes.SelectMany(scene => scene.Objects).DistinctBy(one => one.Cell)] };
    }

    /// <summary>Renders a scene into one of many images, from -1 to 1: channel, row, column.</summary>
    public static void Render(Scene scene, Span<float> image)
    {
        Span<byte> rgb = stackalloc byte[Numbers];
        SceneRenderer.Render(scene, rgb);
        Normalize(rgb, image);
    }

    public static void Normalize(ReadOnlySpan<byte> rgb, Span<float> image)
    {
        const int Plane = Size * Size;
        for (var pixel = 0; pixel < Plane; pixel++)
        {
            for (var channel = 0; channel < 3; channel++)
                image[(channel * Plane) + pixel] = ImageNormalization.Symmetric[channel, rgb[(3 * pixel) + channel]];
        }
    }

    /// <returns>[images, 3, 64, 64]</returns>
    public static Tensor ToTensor(float[] images) => tensor(images, [images.Length / Numbers, 3, Size, Size]);

    /// <param name="images">About -1 to 1, [images, 3, 64, 64].</param>
    public static IReadOnlyList<RgbImage> ToImages(Tensor images)
    {
        using var scope = NewDisposeScope();
        return DecodedImage.ToImages(DecodedImage.ToBytes(DecodedImage.ToUnit(images)));
    }
}
