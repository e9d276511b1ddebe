namespace ReflectDiT.Eval.Core.Random;

/// <summary>NumPy's <c>SeedSequence</c>: spreads one integer of at most 128 bits over a generator's state.</summary>
internal static class SeedSequence
{
    private const int PoolSize = 4;
    private const int XorShift = 16;
    private const uint InitA = 0x43b0d7e5;
    private const uint MultA = 0x931e8875;
    private const uint InitB = 0x8b51f9dd;
    private const uint MultB = 0x58f38ded;
    private const uint MixL = 0xca01f9dd;
    private const uint MixR = 0x4973f715;

    /// <summary>As <c>SeedSequence(seed).generate_state(destination.Length, uint64)</c>.</summary>
    public static void Generate(UInt128 seed, Span<ulong> destination)
    {
        Span<uint> pool = stackalloc uint[PoolSize];
        MixEntropy(seed, pool);

        var hash = InitB;
        var source = 0;
        uint NextWord(Span<uint> words)
        {
            var word = words[source++ % PoolSize] ^ hash;
            hash *= MultB;
            word *= hash;
            return word ^ (word >> XorShift);
        }

        for (var i = 0; i < destination.Length; i++)
        {
            ulong low = NextWord(pool);
            destination[i] = low | ((ulong)NextWord(pool) << 32);
        }
    }

    private static void MixEntropy(UInt128 seed, Span<uint> pool)
    {
        var hash = InitA;
        uint Hash(uint word)
        {
            word ^= hash;
            hash *= MultA;
            word *= hash;
            return word ^ (word >> XorShift);
        }

        // A seed of fewer than four words is padded with zeros, which hash like words.
        for (var i = 0; i < PoolSize; i++)
            pool[i] = Hash((uint)(seed >> (32 * i)));

        for (var from = 0; from < PoolSize; from++)
        {
            for (var to = 0; to < PoolSize; to++)
            {
                if (from != to)
                    pool[to] = Mix(pool[to], Hash(pool[from]));
            }
        }
    }

    private static uint Mix(uint x, uint y)
    {
        var mixed = (MixL * x) - (MixR * y);
        return mixed ^ (mixed >> XorShift);
    }
}
