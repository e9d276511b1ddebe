using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>What drawings begin with: the noise that diffusers draws for the same seeds on a processor.</summary>
public static class LatentNoise
{
    /// <summary>
    /// One generator an image, so that an image does not depend on those drawn with it; in fp32, as another type is drawn in
    /// another way and not by rounding. Only the low 32 bits of a seed count. Processors without AVX2 draw values that
    /// differ by up to 2e-6.
    /// </summary>
    /// <param name="shape">Of one image: channels, height, width.</param>
    /// <returns>[seeds, channels, height, width]</returns>
    public static Tensor Draw(IEnumerable<ulong> seeds, params ReadOnlySpan<long> shape)
    {
        using var scope = NewDisposeScope();
        var images = new List<Tensor>();
        foreach (var seed in seeds)
        {
            using var generator = new Generator(seed, CPU);
            images.Add(randn([1, .. shape], float32, CPU, generator: generator));
        }

        return cat(images, 0).MoveToOuterDisposeScope();
    }
}
