using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>Pixels that hang together and differ from the background: what may be one object.</summary>
/// <param name="Red">Its colour, 0 to 255: the mean of its pixels that differ most from the background.</param>
/// <param name="Mass">How many pixels it covers, parts of pixels counted.</param>
/// <param name="Impurity">Mean distance of its pixels from all mixtures of its colour and the background, 0 to 255 and over.</param>
internal sealed record Blob(float Red, float Green, float Blue, float Mass, float Impurity)
{
    /// <summary>What each pixel has of it, 0 to 1, row by row.</summary>
    public required float[] Cover { get; init; }

    /// <summary>The pixels that its cover may be found in; the last exclusive.</summary>
    public required (int Left, int Top, int Right, int Bottom) Around { get; init; }

    /// <summary>Mean and standard deviation of where it is, in pixels.</summary>
    public required (float X, float Y, float SpreadX, float SpreadY) Place { get; init; }

    /// <summary>Of a pixel from the background before it belongs to something.</summary>
    private const float Ink = 36;

    /// <summary>What a pixel must have of a blob to count: less is noise of the background.</summary>
    private const float Least = 0.1f;

    private const int Side = Scene.Size;

    /// <summary>Smaller ones are specks.</summary>
    private const int FewestPixels = 12;

    /// <summary>In reading order of their first pixels.</summary>
    public static IEnumerable<Blob> Find(RgbImage image)
    {
        var (red, green, blue) = (Median(image.Rgb, 0), Median(image.Rgb, 1), Median(image.Rgb, 2));
        var apart = new float[3 * Side * Side];
        var far = new float[Side * Side];
        for (var i = 0; i < far.Length; i++)
        {
            var (r, g, b) = (image.Rgb[3 * i] - red, image.Rgb[(3 * i) + 1] - green, image.Rgb[(3 * i) + 2] - blue);
            (apart[3 * i], apart[(3 * i) + 1], apart[(3 * i) + 2]) = (r, g, b);
            far[i] = MathF.Sqrt((r * r) + (g * g) + (b * b));
        }

        var owner = new int[Side * Side];
        var members = new List<int>();
        for (var (i, number) = (0, 0); i < far.Length; i++)
        {
            if (far[i] > Ink && owner[i] == 0)
            {
                Spread(i, ++number, far, owner, members);
                if (members.Count >= FewestPixels)
                {
                    yield return Measure(members, number, (red, green, blue), apart, far, owner);
                }
            }
        }
    }

    /// <summary>All that is joined to a pixel, by sides or corners.</summary>
    private static void Spread(int from, int number, float[] far, int[] owner, List<int> members)
    {
        members.Clear();
        members.Add(from);
        owner[from] = number;
        for (var next = 0; next < members.Count; next++)
        {
            var (x, y) = (members[next] % Side, members[next] / Side);
            for (var row = Math.Max(0, y - 1); row <= Math.Min(Side - 1, y + 1); row++)
            {
                for (var column = Math.Max(0, x - 1); column <= Math.Min(Side - 1, x + 1); column++)
                {
                    var i = (row * Side) + column;
                    if (owner[i] == 0 && far[i] > Ink)
                    {
                        owner[i] = number;
                        members.Add(i);
                    }
                }
            }
        }
    }

    private static Blob Measure(
        List<int> members, int number, (int Red, int Green, int Blue) ground, float[] apart, float[] far, int[] owner)
    {
        var core = members.OrderByDescending(i => far[i]).Take(Math.Max(4, members.Count / 3)).ToList();
        var (red, green, blue) = (
            core.Average(i => apart[3 * i]), core.Average(i => apart[(3 * i) + 1]), core.Average(i => apart[(3 * i) + 2]));
        var length = (red * red) + (green * green) + (blue * blue);

        // A pixel more on each side, for what of its soft edges is below the threshold.
        var left = Math.Max(0, members.Min(i => i % Side) - 1);
        var right = Math.Min(Side, members.Max(i => i % Side) + 2);
        var (top, bottom) = (Math.Max(0, (members[0] / Side) - 1), Math.Min(Side, members.Max(i => i / Side) + 2));
        var cover = new float[Side * Side];
        var (mass, odd, sumX, sumY, sumXX, sumYY) = (0f, 0f, 0f, 0f, 0f, 0f);
        for (var y = top; y < bottom; y++)
        {
            for (var x = left; x < right; x++)
            {
                var i = (y * Side) + x;
                if (owner[i] != 0 && owner[i] != number)
                {
                    continue;
                }

                var (r, g, b) = (apart[3 * i], apart[(3 * i) + 1], apart[(3 * i) + 2]);
                var share = MathF.Min(1, ((r * red) + (g * green) + (b * blue)) / length);
                if (share < Least)
                {
                    continue;
                }

                var (restR, restG, restB) = (r - (share * red), g - (share * green), b - (share * blue));
                cover[i] = share;
                mass += share;
                odd += share * MathF.Sqrt((restR * restR) + (restG * restG) + (restB * restB));
                var (centreX, centreY) = (x + 0.5f - left, y + 0.5f - top);
                (sumX, sumY) = (sumX + (share * centreX), sumY + (share * centreY));
                (sumXX, sumYY) = (sumXX + (share * centreX * centreX), sumYY + (share * centreY * centreY));
            }
        }

        var (meanX, meanY) = (sumX / mass, sumY / mass);
        return new(ground.Red + red, ground.Green + green, ground.Blue + blue, mass, odd / mass)
        {
            Cover = cover,
            Around = (left, top, right, bottom),
            Place = (
                left + meanX,
                top + meanY,
                MathF.Sqrt(MathF.Max(0.01f, (sumXX / mass) - (meanX * meanX))),
                MathF.Sqrt(MathF.Max(0.01f, (sumYY / mass) - (meanY * meanY)))),
        };
    }

    private static int Median(byte[] rgb, int channel)
    {
        Span<int> counts = stackalloc int[256];
        counts.Clear();
        for (var i = channel; i < rgb.Length; i += 3)
        {
            counts[rgb[i]]++;
        }

        var (value, below) = (0, counts[0]);
        while (2 * below < rgb.Length / 3)
        {
            below += counts[++value];
        }

        return value;
    }
}
