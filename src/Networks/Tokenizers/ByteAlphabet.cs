namespace ReflectDiT.Eval.Networks.Tokenizers;

/// <summary>How byte-level vocabularies write a byte as a visible character: GPT-2's table.</summary>
internal static class ByteAlphabet
{
    private static readonly Dictionary<char, byte> Bytes = [];

    static ByteAlphabet()
    {
        var invisible = 256;
        for (var b = 0; b < 256; b++)
        {
            var visible = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            Bytes.Add((char)(visible ? b : invisible++), (byte)b);
        }
    }

    /// <summary>Each byte with the character that it is written as.</summary>
    public static IEnumerable<(byte Byte, char Written)> All => Bytes.Select(pair => (pair.Value, pair.Key));

    /// <summary>The bytes that a piece stands for; null where it holds a character that stands for none.</summary>
    public static byte[]? Read(string piece)
    {
        var bytes = new byte[piece.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!Bytes.TryGetValue(piece[i], out bytes[i]))
            {
                return null;
            }
        }

        return bytes;
    }
}
