namespace ReflectDiT.Eval.Networks;

/// <summary>The sizes that mmdet gives an image before Mask2Former sees it.</summary>
/// <param name="Height">Resized.</param>
/// <param name="Width">Resized.</param>
public readonly record struct DetectorImage(int Height, int Width)
{
    internal const int Long = 1333;
    internal const int Short = 800;
    private const int Divisor = 32;

    /// <summary>Rows with those that fill up to a multiple of 32.</summary>
    public int PaddedHeight => Padded(Height);

    /// <summary>Columns with those that fill up to a multiple of 32.</summary>
    public int PaddedWidth => Padded(Width);

    /// <summary>As large as fits 1333 x 800 either way up.</summary>
    public static DetectorImage Fit(int height, int width, int longest = Long, int shortest = Short)
    {
        var scale = Math.Min((double)longest / Math.Max(height, width), (double)shortest / Math.Min(height, width));
        return new((int)((height * scale) + 0.5), (int)((width * scale) + 0.5));
    }

    private static int Padded(int side) => (side + Divisor - 1) / Divisor * Divisor;
}
