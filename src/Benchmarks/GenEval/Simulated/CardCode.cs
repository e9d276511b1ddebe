namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>
/// The bar code at the foot of a card: class, confidence and a check sum over both and the card's size, so that a
/// card that was cut, scaled or painted over is refused and never misread.
/// </summary>
internal static class CardCode
{
    public const int Bits = ClassBits + ConfidenceBits + CheckBits;

    private const int ClassBits = 7;
    private const int ConfidenceBits = 10;
    private const int CheckBits = 7;

    public static int Encode(int classIndex, int confidence, int width, int height) =>
        (classIndex << ConfidenceBits | confidence) << CheckBits | Check(classIndex, confidence, width, height);

    /// <summary>False when the check sum is not that of the rest.</summary>
    public static bool TryDecode(int code, int width, int height, out int classIndex, out int confidence)
    {
        confidence = (code >> CheckBits) & ((1 << ConfidenceBits) - 1);
        classIndex = code >> (CheckBits + ConfidenceBits);
        return (code & ((1 << CheckBits) - 1)) == Check(classIndex, confidence, width, height);
    }

    /// <summary>Modulo a prime below 2^7 with factors prime to it: any one changed bit changes the sum.</summary>
    private static int Check(int classIndex, int confidence, int width, int height) =>
        (1 + 3 * classIndex + 5 * confidence + 7 * width + 11 * height) % 127;
}
