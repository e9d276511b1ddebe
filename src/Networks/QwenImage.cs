using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Networks;

/// <summary>What Qwen's vision tower is given of an image.</summary>
/// <param name="Patches">[GridHeight × GridWidth, 6 × pixels of a patch]: channel, frame (the image twice), row, column of a patch. The
/// patches of each square of 2 × 2, which the tower merges to one token, follow each other.</param>
/// <param name="GridHeight">Patches from top to bottom.</param>
/// <param name="GridWidth">Patches from left to right.</param>
public sealed record QwenPatches(float[] Patches, int GridHeight, int GridWidth)
{
    /// <summary>How many tokens the image takes.</summary>
    public int Tokens => GridHeight * GridWidth / (QwenImage.Merge * QwenImage.Merge);
}

/// <summary>
/// Images as Qwen2.5-VL sees them: qwen-vl-utils fits an image to a multiple of 28 pixels a side, then the processor of
/// transformers does the same once more (it finds nothing to do, with rare exceptions), scales, and cuts into patches.
/// </summary>
/// <param name="MinPixels">The processor's min_pixels.</param>
/// <param name="MaxPixels">The processor's max_pixels.</param>
/// <param name="Patch">Pixels a side of a patch (patch_size); where it is another than 14, twice it stands for the 28.</param>
public sealed record QwenImage(int MinPixels, int MaxPixels, int Patch = QwenImage.PublishedPatch)
{
    internal const int PublishedPatch = 14;
    internal const int Frames = 2;
    internal const int Merge = 2;
    private const int PublishedFactor = PublishedPatch * Merge;
    private const int MaxRatio = 200;

    /// <summary>As Qwen2.5-VL-3B-Instruct publishes it; also the limits of qwen-vl-utils.</summary>
    public static QwenImage Published { get; } = new(4 * PublishedFactor * PublishedFactor, 16384 * PublishedFactor * PublishedFactor);

    private static readonly ImageNormalization Normalization = ImageNormalization.Clip;

    private int Factor => Patch * Merge;

    /// <summary>Resizes an image by Pillow's bicubic filter to the size that the tower sees.</summary>
    /// <exception cref="InvalidDataException">One side is more than 200 times the other.</exception>
    public RgbImage Resize(RgbImage image)
    {
        var (height, width) = FitByUtilities(image.Height, image.Width);
        var resized = PillowResize.Resize(image, width, height, ResampleFilter.Bicubic);
        (height, width) = FitByProcessor(height, width);
        return PillowResize.Resize(resized, width, height, ResampleFilter.Bicubic);
    }

    /// <summary>Cuts a resized image into patches.</summary>
    /// <param name="patch">Pixels a side.</param>
    public static QwenPatches Cut(RgbImage resized, int patch = PublishedPatch)
    {
        var (gridHeight, gridWidth) = (resized.Height / patch, resized.Width / patch);
        var patches = new float[gridHeight * gridWidth * 3 * Frames * patch * patch];
        var at = 0;
        for (var block = 0; block < gridHeight * gridWidth / (Merge * Merge); block++)
        {
            for (var inBlock = 0; inBlock < Merge * Merge; inBlock++)
            {
                var top = (block / (gridWidth / Merge) * Merge + inBlock / Merge) * patch;
                var left = (block % (gridWidth / Merge) * Merge + inBlock % Merge) * patch;
                for (var plane = 0; plane < 3 * Frames; plane++)
                {
                    for (var y = top; y < top + patch; y++)
                    {
                        for (var x = left; x < left + patch; x++)
                        {
                            var channel = plane / Frames;
                            patches[at++] = Normalization[channel, resized.Rgb[3 * (y * resized.Width + x) + channel]];
                        }
                    }
                }
            }
        }

        return new QwenPatches(patches, gridHeight, gridWidth);
    }

    /// <summary>smart_resize of qwen-vl-utils.</summary>
    /// <exception cref="InvalidDataException">One side is more than 200 times the other.</exception>
    public (int Height, int Width) FitByUtilities(int height, int width) => Fit(height, width);

    /// <summary>smart_resize of transformers' Qwen2VLImageProcessor.</summary>
    /// <exception cref="InvalidDataException">A side is shorter than 28 pixels, or more than 200 times the other.</exception>
    public (int Height, int Width) FitByProcessor(int height, int width) => Math.Min(height, width) < Factor
        ? throw new InvalidDataException($"An image of {width} x {height} pixels: Qwen2.5-VL takes none with a side under {Factor}.")
        : Fit(height, width);

    /// <summary>How many tokens down and across an image takes whose size fits.</summary>
    public (int Height, int Width) GridOf((int Height, int Width) size) => (size.Height / Factor, size.Width / Factor);

    private (int Height, int Width) Fit(int height, int width)
    {
        if (Math.Max(height, width) > MaxRatio * (long)Math.Min(height, width))
        {
            throw new InvalidDataException($"An image of {width} x {height} pixels: Qwen2.5-VL takes none with a side over {MaxRatio} times the other.");
        }

        // Python rounds half to even.
        var (h, w) = (ToMultiple(height, Math.Round), ToMultiple(width, Math.Round));
        if ((long)h * w > MaxPixels)
        {
            var shrink = Math.Sqrt((double)height * width / MaxPixels);
            return (ToMultiple(height / shrink, Math.Floor), ToMultiple(width / shrink, Math.Floor));
        }

        if ((long)h * w < MinPixels)
        {
            var grow = Math.Sqrt(MinPixels / ((double)height * width));
            return (ToMultiple(height * grow, Math.Ceiling), ToMultiple(width * grow, Math.Ceiling));
        }

        return (h, w);
    }

    private int ToMultiple(double side, Func<double, double> round) => Math.Max(Factor, (int)round(side / Factor) * Factor);
}
