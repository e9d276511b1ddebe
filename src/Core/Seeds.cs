using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ReflectDiT.Eval.Core;

/// <summary>
/// Where every random draw of a chain comes from: a function of the sweep's seed, the prompt, the replicate, what is
/// drawn for, and the attempt. Nothing of time, host, order or arm enters, so arms with equal generators share images.
/// </summary>
public sealed record Seeds(long Sweep, string Prompt, int Replicate)
{
    /// <summary>For the generator's noise at an attempt.</summary>
    public long Noise(int attempt) => Derive("noise", attempt);

    /// <summary>For what a judge samples at an attempt.</summary>
    public long Judge(int attempt) => Derive("judge", attempt);

    /// <summary>For what a scorer samples at an attempt.</summary>
    public long Scorer(int attempt) => Derive("scorer", attempt);

    /// <summary>For a strategy's choice of the context of an attempt.</summary>
    public long Context(int attempt) => Derive("context", attempt);

    /// <summary>A seed from 0 to 2^63 - 1, so that it fits every integer type it is stored in.</summary>
    private long Derive(string purpose, int attempt)
    {
        // Fields are parted by line feeds, which no prompt of one line can contain.
        var key = Encoding.UTF8.GetBytes($"{Sweep}\n{Replicate}\n{purpose}\n{attempt}\n{Prompt}");
        return BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(key)) & long.MaxValue;
    }
}
