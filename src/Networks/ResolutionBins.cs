namespace ReflectDiT.Eval.Networks;

/// <summary>
/// The sizes that SANA was trained at. SanaPipeline draws at the one of the nearest ratio, then fits the image to what was
/// asked for.
/// </summary>
public static class ResolutionBins
{
    private const int Units = 16;

    /// <summary>Height and width in sixteenths of the side of a square, by ascending ratio.</summary>
    private static readonly (int Height, int Width)[] Bins =
    [
        (8, 32), (8, 31), (8, 30), (8, 29), (9, 28), (9, 27), (9, 26), (10, 25), (10, 24), (11, 23), (11, 22), (11, 21), (12, 21), (12, 20),
        (13, 19), (13, 18), (14, 18), (14, 17), (15, 17), (15, 16), (16, 16), (16, 15), (17, 15), (17, 14), (18, 14), (18, 13), (19, 13),
        (20, 12), (21, 12), (22, 11), (23, 11), (24, 10), (25, 10), (26, 9), (27, 9), (28, 9), (29, 8), (30, 8), (31, 8), (32, 8),
    ];

    /// <summary>Those that only squares of 2048 and 4096 have.</summary>
    private static readonly HashSet<(int, int)> OfLargeSquares = [(8, 31), (8, 30), (26, 9), (28, 9), (29, 8), (30, 8), (31, 8)];

    /// <param name="square">The side of the model's square: 512, 1024, 2048 or 4096.</param>
    public static (int Height, int Width) Nearest(int square, int height, int width)
    {
        if (square is not (512 or 1024 or 2048 or 4096))
            throw new ArgumentOutOfRangeException(nameof(square), square, "expected 512, 1024, 2048 or 4096");
        var ratio = (double)height / width;
        var (high, wide) = Bins.Where(bin => square > 1024 || !OfLargeSquares.Contains(bin)).MinBy(bin => Math.Abs(Ratio(bin) - ratio));
        return (high * square / Units, wide * square / Units);
    }

    /// <summary>The published tables are keyed by the ratio to two places.</summary>
    private static double Ratio((int Height, int Width) bin) => (double)Math.Round((decimal)bin.Height / bin.Width, 2);
}
