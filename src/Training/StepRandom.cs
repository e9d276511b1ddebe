using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Training;

/// <summary>Draws that are a function of a seed, of what is drawn for, and of a number, as that of the step.</summary>
public static class StepRandom
{
    public static long Seed(long seed, string purpose, long number) => BinaryPrimitives.ReadInt64LittleEndian(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{purpose}\n{number}"))) & long.MaxValue;

    public static NumpyRandom Of(long seed, string purpose, long number) => new((UInt128)Seed(seed, purpose, number));
}
