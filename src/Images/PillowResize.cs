namespace ReflectDiT.Eval.Images;

/// <summary>
/// Resizing as Pillow's <c>Image.resize</c> up to version 12.3, equal to the last bit: antialiased, the horizontal pass
/// first, rounded and clipped to 8 bits between the passes. Pillow 13 takes the vertical pass first for some sizes;
/// published checkpoints and scores were made before it.
/// </summary>
public static class PillowResize
{
    /// <summary>Resizes a whole image.</summary>
    public static RgbImage Resize(RgbImage image, int width, int height, ResampleFilter filter) =>
        new(width, height, Resize(image.Rgb, image.Width, image.Height, 3, width, height, filter));

    /// <summary>Resizes a part of an image.</summary>
    /// <param name="samples">Row-major and interleaved, 8 bits each: <paramref name="channels"/> of 1 (grey), 3 (RGB) or
    /// 4 (RGBA, whose colours are weighted by their alpha unless the filter is the nearest pixel).</param>
    /// <param name="box">What to resize, in source pixels that may be fractions; the whole image if not given.</param>
    /// <exception cref="ArgumentException">A size is no size, or the box is empty or outside the image.</exception>
    public static byte[] Resize(
        ReadOnlySpan<byte> samples,
        int width,
        int height,
        int channels,
        int toWidth,
        int toHeight,
        ResampleFilter filter,
        ResizeBox? box = null)
    {
        var part = box ?? new ResizeBox(0, 0, width, height);
        if (width < 1 || height < 1 || channels is not (1 or 3 or 4) || samples.Length != width * height * channels)
        {
            throw new ArgumentException($"Expected {width} x {height} x {channels} samples of 1, 3 or 4 channels, found {samples.Length}.");
        }

        if (toWidth < 1 || toHeight < 1)
        {
            throw new ArgumentException($"Expected a size of at least 1 x 1 to resize to, found {toWidth} x {toHeight}.");
        }

        // Written so that a NaN is refused too.
        if (!(part.Left >= 0 && part.Top >= 0 && part.Right <= width && part.Bottom <= height
            && part.Right > part.Left && part.Bottom > part.Top))
        {
            throw new ArgumentException($"Expected a box within {width} x {height} pixels, found {part}.");
        }

        if ((toWidth, toHeight) == (width, height) && part == new ResizeBox(0, 0, width, height))
        {
            return samples.ToArray();
        }

        if (filter == ResampleFilter.Nearest)
        {
            return Nearest(samples, width, height, channels, toWidth, toHeight, part);
        }

        if (channels == 4)
        {
            samples = Premultiplied(samples);
        }

        if (toWidth != width || part.Left != 0 || part.Right != width)
        {
            samples = Horizontal(samples, width, height, channels, ResampleWeights.Compute(filter, width, part.Left, part.Right, toWidth));
        }

        if (toHeight != height || part.Top != 0 || part.Bottom != height)
        {
            samples = Vertical(samples, toWidth * channels, ResampleWeights.Compute(filter, height, part.Top, part.Bottom, toHeight));
        }

        return channels == 4 ? Unpremultiplied(samples) : samples.ToArray();
    }

    private static byte[] Horizontal(ReadOnlySpan<byte> from, int width, int height, int channels, ResampleWeights weights)
    {
        var to = GC.AllocateUninitializedArray<byte>(weights.Count * height * channels);
        for (int y = 0, at = 0; y < height; y++)
        {
            var row = from.Slice(y * width * channels, width * channels);
            for (var x = 0; x < weights.Count; x++)
            {
                var taps = weights.Of(x, out var first);
                for (var channel = 0; channel < channels; channel++)
                {
                    var sum = ResampleWeights.Half;
                    for (int tap = 0, source = first * channels + channel; tap < taps.Length; tap++, source += channels)
                    {
                        sum += row[source] * taps[tap];
                    }

                    to[at++] = ResampleWeights.Clip(sum);
                }
            }
        }

        return to;
    }

    private static byte[] Vertical(ReadOnlySpan<byte> from, int stride, ResampleWeights weights)
    {
        var to = GC.AllocateUninitializedArray<byte>(weights.Count * stride);
        var sums = new int[stride];
        for (var y = 0; y < weights.Count; y++)
        {
            var taps = weights.Of(y, out var first);
            Array.Fill(sums, ResampleWeights.Half);
            for (var tap = 0; tap < taps.Length; tap++)
            {
                var row = from.Slice((first + tap) * stride, stride);
                for (var i = 0; i < sums.Length; i++)
                {
                    sums[i] += row[i] * taps[tap];
                }
            }

            for (var i = 0; i < sums.Length; i++)
            {
                to[y * stride + i] = ResampleWeights.Clip(sums[i]);
            }
        }

        return to;
    }

    private static byte[] Nearest(
        ReadOnlySpan<byte> from, int width, int height, int channels, int toWidth, int toHeight, ResizeBox box)
    {
        var columns = Positions(box.Left, box.Right, toWidth, width);
        var rows = Positions(box.Top, box.Bottom, toHeight, height);
        var to = new byte[toWidth * toHeight * channels];
        for (int y = 0, at = 0; y < toHeight; y++)
        {
            for (var x = 0; x < toWidth; x++, at += channels)
            {
                // A position that rounding took out of the image stays black.
                if (columns[x] >= 0 && rows[y] >= 0)
                {
                    from.Slice((rows[y] * width + columns[x]) * channels, channels).CopyTo(to.AsSpan(at));
                }
            }
        }

        return to;
    }

    /// <summary>The source position of each target position, or -1; the step is added up, as Pillow does.</summary>
    private static int[] Positions(float start, float end, int count, int size)
    {
        var positions = new int[count];
        var step = (double)(end - start) / count;
        var at = start + step * 0.5;
        for (var i = 0; i < count; i++, at += step)
        {
            positions[i] = (int)at < size ? (int)at : -1;
        }

        return positions;
    }

    private static byte[] Premultiplied(ReadOnlySpan<byte> rgba)
    {
        var result = rgba.ToArray();
        for (var i = 0; i < result.Length; i += 4)
        {
            var alpha = result[i + 3];
            for (var channel = i; channel < i + 3; channel++)
            {
                var product = result[channel] * alpha + 128;
                result[channel] = (byte)(((product >> 8) + product) >> 8);
            }
        }

        return result;
    }

    private static byte[] Unpremultiplied(ReadOnlySpan<byte> rgba)
    {
        var result = rgba.ToArray();
        for (var i = 0; i < result.Length; i += 4)
        {
            var alpha = result[i + 3];
            for (var channel = i; alpha is not (0 or 255) && channel < i + 3; channel++)
            {
                result[channel] = (byte)Math.Min(255, 255 * result[channel] / alpha);
            }
        }

        return result;
    }
}
