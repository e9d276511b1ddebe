using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// Draws prompts with replacement and sums many statistics over them at once. Resamples are independent of each other
/// and every statistic has a lane of its own, so results do not depend on the number of cores or the width of vectors.
/// </summary>
internal sealed class Resampling(UInt128 seed, int resamples)
{
    /// <summary>Statistics summed in one pass over the draws: four vectors, held in registers.</summary>
    private const int Lanes = 16;

    private const int Block = 250;

    private readonly Dictionary<string, int[]> _draws = [];

    /// <summary>[statistic][resample]: the unweighted mean over the strata of the drawn prompts' mean.</summary>
    public double[][] Means(IReadOnlyList<IReadOnlyList<double[]>> statistics)
    {
        ArgumentOutOfRangeException.ThrowIfZero(statistics.Count);
        int[] sizes = [.. statistics[0].Select(s => s.Length)];
        ArgumentOutOfRangeException.ThrowIfZero(sizes.Length, nameof(statistics));
        if (statistics.Any(strata => !strata.Select(s => s.Length).SequenceEqual(sizes)))
        {
            throw new ArgumentException("All statistics must have the same prompts in the same strata.");
        }

        var draws = Draws(sizes);
        var means = statistics.Select(_ => new double[resamples]).ToArray();
        for (var first = 0; first < statistics.Count; first += Lanes)
        {
            var count = Math.Min(Lanes, statistics.Count - first);
            var at = 0;
            for (var stratum = 0; stratum < sizes.Length; stratum++)
            {
                var rows = Rows(statistics, first, count, stratum, sizes[stratum]);
                Add(rows, draws.AsMemory(at, sizes[stratum] * resamples), sizes, stratum, means.AsMemory(first, count));
                at += sizes[stratum] * resamples;
            }
        }

        return means;
    }

    private void Add(double[] rows, ReadOnlyMemory<int> draws, int[] sizes, int stratum, Memory<double[]> means)
    {
        var size = sizes[stratum];
        Parallel.For(0, (resamples + Block - 1) / Block, block =>
        {
            Span<double> sums = stackalloc double[Lanes];
            for (var r = block * Block; r < Math.Min(resamples, (block + 1) * Block); r++)
            {
                Sum(rows, draws.Span.Slice(r * size, size), sums);
                for (var i = 0; i < means.Length; i++)
                {
                    means.Span[i][r] += sums[i] / size / sizes.Length;
                }
            }
        });
    }

    private static void Sum(double[] rows, ReadOnlySpan<int> draws, Span<double> sums)
    {
        var vectors = MemoryMarshal.Cast<double, Vector256<double>>(rows);
        var (a, b) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var (c, d) = (a, b);
        foreach (var draw in draws)
        {
            var row = vectors.Slice(4 * draw, 4);
            a += row[0];
            b += row[1];
            c += row[2];
            d += row[3];
        }

        a.CopyTo(sums);
        b.CopyTo(sums[4..]);
        c.CopyTo(sums[8..]);
        d.CopyTo(sums[12..]);
    }

    /// <summary>A row of <see cref="Lanes"/> values for each prompt; lanes without a statistic stay zero.</summary>
    private static double[] Rows(
        IReadOnlyList<IReadOnlyList<double[]>> statistics, int first, int count, int stratum, int size)
    {
        var rows = new double[size * Lanes];
        for (var lane = 0; lane < count; lane++)
        {
            var values = statistics[first + lane][stratum];
            for (var prompt = 0; prompt < size; prompt++)
            {
                rows[(prompt * Lanes) + lane] = values[prompt];
            }
        }

        return rows;
    }

    /// <summary>All resamples of the first stratum, then all of the next; kept, as drawing takes longest.</summary>
    private int[] Draws(int[] sizes)
    {
        var key = string.Join(',', sizes);
        lock (_draws)
        {
            if (_draws.TryGetValue(key, out var draws))
            {
                return draws;
            }

            var random = new NumpyRandom(seed);
            draws = new int[sizes.Sum() * resamples];
            var at = 0;
            foreach (var size in sizes)
            {
                ArgumentOutOfRangeException.ThrowIfZero(size, nameof(sizes));
                for (var end = at + (size * resamples); at < end; at++)
                {
                    draws[at] = random.NextInt(size);
                }
            }

            return _draws[key] = draws;
        }
    }
}
