using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>What the pixel detector says of images.</summary>
internal static class PixelScore
{
    /// <summary>The share of images that show their prompts.</summary>
    public static double Share<T>(IReadOnlyList<T> prompts, IReadOnlyList<RgbImage> images) => 0;

    public static IReadOnlyDictionary<string, double> OfEach<T>(IReadOnlyList<T> prompts, IReadOnlyList<RgbImage> images) => new Dictionary<string, double>();
}
