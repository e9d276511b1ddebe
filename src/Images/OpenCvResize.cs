namespace ReflectDiT.Eval.Images;

/// <summary>
/// Resizing as OpenCV's <c>resize</c> with <c>INTER_LINEAR</c> on 8-bit samples, equal to the last bit: between the two
/// nearest pixels a way, without antialiasing, in fixed point.
/// </summary>
public static class OpenCvResize
{
    private const int Scale = 1 << 11;

    /// <param name="samples">Row-major and interleaved, three a pixel in any order.</param>
    /// <returns>As many samples of the new size.</returns>
    public static byte[] Linear(ReadOnlySpan<byte> samples, int width, int height, int toWidth, int toHeight)
    {
        if (width < 1 || height < 1 || toWidth < 1 || toHeight < 1 || samples.Length != 3 * width * height)
        {
            throw new ArgumentException(
                $"Expected {width} x {height} x 3 samples and a size of at least 1 x 1, found {samples.Length} samples and {toWidth} x {toHeight}.");
        }

        if ((toWidth, toHeight) == (width, height))
        {
            return samples.ToArray();
        }

        return (2 * toWidth, 2 * toHeight) == (width, height)
            ? Halve(samples, width, toWidth, toHeight)
            : Interpolate(samples, width, height, toWidth, toHeight);
    }

    private static byte[] Interpolate(ReadOnlySpan<byte> samples, int width, int height, int toWidth, int toHeight)
    {
        var columns = new (int First, int Second, int Weight)[toWidth];
        for (var x = 0; x < toWidth; x++)
        {
            // Outside the first and the last column nothing is weighed, other than with rows.
            var (first, fraction) = Position(x, width, toWidth);
            columns[x] = first < 0 ? (0, 0, 0)
                : first >= width - 1 ? (width - 1, width - 1, 0)
                : (first, first + 1, Weight(fraction));
        }

        var to = GC.AllocateUninitializedArray<byte>(3 * toWidth * toHeight);
        var (above, below) = (new int[3 * toWidth], new int[3 * toWidth]);
        var (aboveRow, belowRow) = (-1, -1);
        for (int y = 0, at = 0; y < toHeight; y++)
        {
            var (first, fraction) = Position(y, height, toHeight);
            var (top, bottom) = (Math.Clamp(first, 0, height - 1), Math.Clamp(first + 1, 0, height - 1));
            if (top == belowRow)
            {
                (above, below, aboveRow, belowRow) = (below, above, belowRow, -1);
            }

            Fill(samples, width, columns, top, above, ref aboveRow);
            Fill(samples, width, columns, bottom, below, ref belowRow);
            var (upper, lower) = (Weight(1 - fraction), Weight(fraction));
            for (var i = 0; i < above.Length; i++)
            {
                // Each term loses bits of its own before the two are added: this is what OpenCV's vector code does.
                to[at++] = (byte)(((upper * (above[i] >> 4) >> 16) + (lower * (below[i] >> 4) >> 16) + 2) >> 2);
            }
        }

        return to;
    }

    /// <summary>A source row, resized horizontally and still <see cref="Scale"/> times too large.</summary>
    private static void Fill(
        ReadOnlySpan<byte> samples, int width, (int First, int Second, int Weight)[] columns, int row, int[] to, ref int filled)
    {
        if (filled == row)
        {
            return;
        }

        filled = row;
        var from = samples.Slice(3 * width * row, 3 * width);
        for (var x = 0; x < columns.Length; x++)
        {
            var (first, second, weight) = columns[x];
            for (var channel = 0; channel < 3; channel++)
            {
                to[3 * x + channel] = from[3 * first + channel] * (Scale - weight) + from[3 * second + channel] * weight;
            }
        }
    }

    /// <summary>Exactly half of both sides is a mean of four.</summary>
    private static byte[] Halve(ReadOnlySpan<byte> samples, int width, int toWidth, int toHeight)
    {
        var to = GC.AllocateUninitializedArray<byte>(3 * toWidth * toHeight);
        for (var i = 0; i < to.Length; i++)
        {
            var (pixel, channel) = (i / 3, i % 3);
            var from = 3 * (2 * (pixel / toWidth) * width + 2 * (pixel % toWidth)) + channel;
            to[i] = (byte)((samples[from] + samples[from + 3] + samples[from + 3 * width] + samples[from + 3 * width + 3] + 2) >> 2);
        }

        return to;
    }

    private static (int First, float Fraction) Position(int at, int size, int toSize)
    {
        var scale = 1 / ((double)toSize / size);
        var position = (float)((at + 0.5) * scale - 0.5);
        var first = (int)MathF.Floor(position);
        return (first, position - first);
    }

    private static int Weight(float fraction) => (int)MathF.Round(fraction * Scale, MidpointRounding.ToEven);
}
