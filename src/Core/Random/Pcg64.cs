using System.Numerics;

namespace ReflectDiT.Eval.Core.Random;

/// <summary>PCG XSL-RR 128/64 with a stream, seeded as NumPy's <c>PCG64</c> is.</summary>
internal sealed class Pcg64
{
    private static readonly UInt128 Multiplier = new(2549297995355413924, 4865540595714422341);

    private readonly UInt128 _increment;
    private UInt128 _state;

    public Pcg64(UInt128 seed)
    {
        Span<ulong> words = stackalloc ulong[4];
        SeedSequence.Generate(seed, words);
        _increment = (new UInt128(words[2], words[3]) << 1) | UInt128.One;
        Step();
        _state += new UInt128(words[0], words[1]);
        Step();
    }

    public ulong Next()
    {
        Step();
        var folded = (ulong)(_state >> 64) ^ (ulong)_state;
        return BitOperations.RotateRight(folded, (int)(_state >> 122));
    }

    private void Step() => _state = (_state * Multiplier) + _increment;
}
