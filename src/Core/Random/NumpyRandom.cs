namespace ReflectDiT.Eval.Core.Random;

/// <summary>
/// NumPy's <c>default_rng(seed)</c>, draw for draw: the generator of GenEval's prompt set, and the only one used here.
/// Not safe for use by several threads at once.
/// </summary>
public sealed class NumpyRandom
{
    /// <summary>Above this NumPy may choose by another algorithm.</summary>
    private const int MaxPopulation = 10_000;

    private readonly Pcg64 _bits;
    private uint _buffered;
    private bool _hasBuffered;

    public NumpyRandom(UInt128 seed) => _bits = new Pcg64(seed);

    /// <summary>An integer from 0 to <paramref name="exclusiveMax"/> - 1, as <c>integers(exclusiveMax)</c>.</summary>
    /// <remarks>Lemire's multiplication with rejection, on 32-bit draws. A range of one draws nothing.</remarks>
    public int NextInt(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        if (exclusiveMax == 1)
            return 0;

        var range = (uint)exclusiveMax;
        var product = (ulong)NextUInt32() * range;
        if ((uint)product < range)
        {
            var threshold = (uint)-exclusiveMax % range;
            while ((uint)product < threshold)
                product = (ulong)NextUInt32() * range;
        }

        return (int)(product >> 32);
    }

    /// <summary>A number from 0 (inclusive) to 1 (exclusive) in steps of 2^-53, as <c>random()</c>.</summary>
    /// <remarks>Takes a fresh 64-bit output; half an output buffered by <see cref="NextInt"/> stays buffered.</remarks>
    public double NextDouble() => (_bits.Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>64 random bits, as <c>bit_generator.random_raw()</c>.</summary>
    public ulong NextBits() => _bits.Next();

    /// <summary>
    /// <paramref name="count"/> different indices below <paramref name="population"/> in random order, as
    /// <c>choice(population, count, replace=False)</c>: Floyd's sampling, then a Fisher-Yates shuffle of the picks.
    /// </summary>
    public int[] Choice(int population, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(population, MaxPopulation);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, population);

        var picks = new int[count];
        var taken = new HashSet<int>(count);
        for (var last = population - count; last < population; last++)
        {
            var pick = NextInt(last + 1);
            if (!taken.Add(pick))
            {
                pick = last;
                taken.Add(last);
            }

            picks[last - (population - count)] = pick;
        }

        for (var i = count - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (picks[i], picks[j]) = (picks[j], picks[i]);
        }

        return picks;
    }

    /// <summary>The low half of an output first; the high half waits for the next call, whoever makes it.</summary>
    private uint NextUInt32()
    {
        if (_hasBuffered)
        {
            _hasBuffered = false;
            return _buffered;
        }

        var output = _bits.Next();
        _buffered = (uint)(output >> 32);
        _hasBuffered = true;
        return (uint)output;
    }
}
