namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>
/// A seed of 63 bits for a server that takes fewer: its lowest bits, or the next free number where an earlier attempt of the
/// chain has those already. It follows from the seeds of the chain alone, and no two attempts of a chain have the same.
/// </summary>
internal static class FoldedSeed
{
    /// <param name="earlier">Seeds of the chain's attempts before, in order.</param>
    /// <param name="bits">1 to 63.</param>
    /// <exception cref="NotSupportedException">The chain has more attempts than there are such seeds.</exception>
    public static long Of(long seed, IReadOnlyList<long> earlier, int bits)
    {
        var mask = (long)((1UL << bits) - 1);
        if (earlier.Count > mask)
        {
            throw new NotSupportedException($"attempt {earlier.Count} of a chain has no seed of its own among those of {bits} bits: see seed_bits");
        }

        if (bits == 63)
        {
            return seed;
        }

        var taken = new HashSet<long>();
        foreach (var before in earlier)
        {
            taken.Add(Free(before));
        }

        return Free(seed);

        long Free(long of)
        {
            var folded = of & mask;
            while (taken.Contains(folded))
            {
                folded = (folded + 1) & mask;
            }

            return folded;
        }
    }
}
