namespace ReflectDiT.Eval.Images;

/// <summary>What each target position of one axis takes from which source positions, in Pillow's fixed point.</summary>
internal sealed class ResampleWeights
{
    /// <summary>8 bits of a sample and two of overshoot leave this many of a 32-bit sum.</summary>
    private const int FractionBits = 32 - 8 - 2;

    /// <summary>What a sum begins with, so that it is rounded when cut.</summary>
    public const int Half = 1 << (FractionBits - 1);

    private readonly int[] _first;
    private readonly int[][] _taps;

    private ResampleWeights(int count) => (_first, _taps) = (new int[count], new int[count][]);

    /// <summary>How many target positions there are.</summary>
    public int Count => _first.Length;

    /// <summary>The weights of a target position.</summary>
    /// <param name="first">The source position that the first weight belongs to; the others follow it.</param>
    public ReadOnlySpan<int> Of(int position, out int first)
    {
        first = _first[position];
        return _taps[position];
    }

    public static byte Clip(int sum) => (byte)Math.Clamp(sum >> FractionBits, 0, 255);

    /// <param name="size">Source positions of the whole axis.</param>
    /// <param name="start">Where the resized part begins.</param>
    /// <param name="end">Where it ends.</param>
    public static ResampleWeights Compute(ResampleFilter filter, int size, float start, float end, int count)
    {
        var result = new ResampleWeights(count);
        var scale = (double)(end - start) / count;
        var filterScale = Math.Max(scale, 1);
        var support = Support(filter) * filterScale;
        for (var i = 0; i < count; i++)
        {
            var centre = start + (i + 0.5) * scale;
            var first = Math.Max(0, (int)(centre - support + 0.5));
            var weights = new double[Math.Min(size, (int)(centre + support + 0.5)) - first];
            var sum = 0.0;
            for (var tap = 0; tap < weights.Length; tap++)
            {
                weights[tap] = Weight(filter, (tap + first - centre + 0.5) * (1 / filterScale));
                sum += weights[tap];
            }

            result._first[i] = first;
            result._taps[i] = Array.ConvertAll(weights, w => Fixed(sum == 0 ? w : w / sum));
        }

        return result;
    }

    private static int Fixed(double weight) => (int)(weight * (1 << FractionBits) + (weight < 0 ? -0.5 : 0.5));

    private static double Support(ResampleFilter filter) => filter switch
    {
        ResampleFilter.Box => 0.5,
        ResampleFilter.Bilinear or ResampleFilter.Hamming => 1,
        ResampleFilter.Bicubic => 2,
        ResampleFilter.Lanczos => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "a filter with weights was expected"),
    };

    /// <summary>The filter's value at a distance from its centre.</summary>
    private static double Weight(ResampleFilter filter, double x)
    {
        var distance = Math.Abs(x);
        switch (filter)
        {
            case ResampleFilter.Box:
                return x is > -0.5 and <= 0.5 ? 1 : 0;
            case ResampleFilter.Bilinear:
                return distance < 1 ? 1 - distance : 0;
            case ResampleFilter.Hamming when distance == 0:
                return 1;
            case ResampleFilter.Hamming when distance >= 1:
                return 0;
            case ResampleFilter.Hamming:
                var angle = distance * Math.PI;
                return Math.Sin(angle) / angle * (0.54 + 0.46 * Math.Cos(angle));
            case ResampleFilter.Bicubic:
                // Keys' cubic with a = -0.5.
                return distance < 1 ? (1.5 * distance - 2.5) * distance * distance + 1
                    : distance < 2 ? (((distance - 5) * distance + 8) * distance - 4) * -0.5
                    : 0;
            default:
                return x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0;
        }
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}
