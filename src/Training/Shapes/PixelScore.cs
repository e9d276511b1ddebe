using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>What the pixel detector says of images.</summary>
internal static class PixelScore
{
    /// <summary>The sentence that says what is wrong with an image for a training prompt; null for nothing.</summary>
    /// <param name="prompt">Its index.</param>
    public static string? Fault(int prompt, RgbImage image) =>
        ShapeFault.First(ShapePrompts.Published.Training[prompt], PixelDetector.Find(image))?.ToSentence();

    /// <summary>The share of the validation prompts whose images show them, of all and by category.</summary>
    /// <param name="images">One of each prompt.</param>
    public static IReadOnlyDictionary<string, double> OfValidation(IReadOnlyList<RgbImage> images)
    {
        var right = ShapePrompts.Published.Validation.Zip(images)
            .Select(pair => (pair.First.Tag, Right: ShapeFault.First(pair.First, PixelDetector.Find(pair.Second)) is null ? 1.0 : 0)).ToList();
        var shares = right.GroupBy(one => one.Tag).ToDictionary(category => category.Key, category => category.Average(one => one.Right));
        shares.Add("right", right.Average(one => one.Right));
        return shares;
    }
}
