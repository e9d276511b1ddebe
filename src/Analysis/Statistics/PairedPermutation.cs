using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <param name="P">Two-sided.</param>
/// <param name="Exact">Over all relabellings, not a random sample of them.</param>
public readonly record struct PermutationResult(double P, bool Exact);

/// <summary>
/// The paired permutation test: were the two arms equal, each prompt's difference could as well have had the other
/// sign. A difference is one prompt's, with several replicates averaged inside the prompt first, so that the prompts
/// are what is relabelled.
/// </summary>
/// <remarks>With one replicate it is the exact McNemar test.</remarks>
public static class PairedPermutation
{
    /// <summary>Relabellings drawn where all are too many; the result itself counts as one more.</summary>
    private const int Draws = 99_999;

    /// <summary>Differences up to this many are relabelled in all ways, whatever their values.</summary>
    private const int MostEnumerated = 16;

    /// <summary>Shares of replicates are fractions with small denominators; finer ones are any number.</summary>
    private const int MostSteps = 120;

    /// <summary>Sums that an exact distribution may have: all those of shares, but not those of large costs.</summary>
    private const double MostSums = 1e5;

    /// <summary>Tests the mean of the differences over all prompts.</summary>
    /// <param name="seed">Used only where the test is not exact.</param>
    public static PermutationResult Mean(double[] differences, UInt128 seed) => MeanOfMeans([differences], seed);

    /// <summary>Tests the unweighted mean of the strata's means (the mean over categories).</summary>
    public static PermutationResult MeanOfMeans(IReadOnlyList<double[]> strata, UInt128 seed)
    {
        ArgumentOutOfRangeException.ThrowIfZero(strata.Count);
        double[] values = strata.Count == 1
            ? [.. strata[0].Where(d => d != 0)]
            : [.. strata.SelectMany(s => s.Where(d => d != 0).Select(d => d / s.Length))];
        var sizes = Array.ConvertAll(values, Math.Abs);

        // Sums that are equal but for rounding count as equal.
        var observed = Math.Abs(values.Sum()) - (1e-12 * sizes.Sum());
        return Whole(sizes) is { } whole ? new(Lattice(whole, Math.Abs(whole.Zip(values, Signed).Sum())), true)
            : sizes.Length <= MostEnumerated ? new(Enumerated(sizes, observed), true)
            : new(Drawn(sizes, observed, seed), false);
    }

    private static int Signed(int size, double value) => value < 0 ? -size : size;

    /// <summary>The sizes as whole numbers of their common step, or null without one.</summary>
    private static int[]? Whole(double[] sizes)
    {
        var total = sizes.Sum();
        for (var steps = 1; steps <= MostSteps && total * steps <= MostSums; steps++)
        {
            if (sizes.All(s => Math.Abs((s * steps) - Math.Round(s * steps)) < 1e-9))
            {
                return [.. sizes.Select(s => (int)Math.Round(s * steps))];
            }
        }

        return null;
    }

    /// <summary>The exact distribution of the sum of the positive ones, one difference after another.</summary>
    private static double Lattice(int[] sizes, int observed)
    {
        var total = sizes.Sum();
        var weights = new double[total + 1];
        weights[0] = 1;
        var reached = 0;
        foreach (var size in sizes)
        {
            reached += size;
            for (var sum = reached; sum >= 0; sum--)
            {
                weights[sum] = (weights[sum] + (sum >= size ? weights[sum - size] : 0)) / 2;
            }
        }

        return Math.Min(1, weights.Where((_, positive) => Math.Abs((2 * positive) - total) >= observed).Sum());
    }

    private static double Enumerated(double[] sizes, double observed)
    {
        double[] sums = [0];
        foreach (var size in sizes)
        {
            sums = [.. sums.Select(s => s + size), .. sums.Select(s => s - size)];
        }

        return (double)sums.Count(s => Math.Abs(s) >= observed) / sums.Length;
    }

    private static double Drawn(double[] sizes, double observed, UInt128 seed)
    {
        var random = new NumpyRandom(seed);
        var asExtreme = 0;
        for (var draw = 0; draw < Draws; draw++)
        {
            var (sum, signs) = (0.0, 0UL);
            for (var i = 0; i < sizes.Length; i++)
            {
                signs = i % 64 == 0 ? random.NextBits() : signs >> 1;
                sum += (signs & 1) == 0 ? sizes[i] : -sizes[i];
            }

            asExtreme += Math.Abs(sum) >= observed ? 1 : 0;
        }

        return (asExtreme + 1.0) / (Draws + 1);
    }
}
