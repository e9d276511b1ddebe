using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Networks;

/// <summary>What GenEval's colour classifier is shown of a detected object (ImageCrops of its evaluate_images.py).</summary>
public static class ObjectCrop
{
    /// <summary>What stands around the object by default: #999.</summary>
    public const uint Grey = 0x999999;

    /// <summary>Everything outside the mask in one colour.</summary>
    /// <param name="mask">Row-major, true for the object, of the image's size.</param>
    /// <param name="background">0xRRGGBB</param>
    public static RgbImage Isolate(RgbImage image, ReadOnlySpan<bool> mask, uint background = Grey)
    {
        if (mask.Length != image.Width * image.Height)
            throw new ArgumentException($"A mask of {mask.Length} pixels for an image of {image.Width} x {image.Height}.");
        var rgb = image.Rgb.ToArray();
        for (var i = 0; i < mask.Length; i++)
        {
            if (!mask[i])
                (rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]) = ((byte)(background >> 16), (byte)(background >> 8), (byte)background);
        }

        return image with { Rgb = rgb };
    }

    /// <summary>Cuts a box out, its edges rounded half to even. What of it lies outside the image is black.</summary>
    /// <exception cref="ArgumentException">The box is empty.</exception>
    public static RgbImage Cut(RgbImage image, float left, float top, float right, float bottom)
    {
        var (x, y) = ((int)MathF.Round(left), (int)MathF.Round(top));
        return image.Cut(x, y, (int)MathF.Round(right) - x, (int)MathF.Round(bottom) - y);
    }
}
