using System.Buffers.Binary;

namespace ReflectDiT.Eval.Models.Imaging;

/// <summary>
/// A small zlib compressor (RFC 1950, 1951) for flat drawings: one block of fixed Huffman codes and matches at two
/// distances only, the byte before and the row above. The runtime's zlib is not used for writing: it picks its code
/// paths by processor and version, so equal drawings could become unequal files.
/// </summary>
internal static class RowDeflate
{
    private const int MinMatch = 3;
    private const int MaxMatch = 258;

    private static readonly int[] LengthBases =
    [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ];

    private static readonly int[] LengthExtraBits =
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private static readonly int[] DistanceBases =
    [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577,
    ];

    /// <summary>A zlib stream of <paramref name="data"/>, in rows of <paramref name="rowLength"/> bytes.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> data, int rowLength)
    {
        var bits = new BitWriter();
        bits.Write(0x78, 8);
        bits.Write(0x01, 8);
        bits.Write(0b011, 3);
        for (var at = 0; at < data.Length;)
        {
            var above = MatchLength(data, at, rowLength);
            var before = above == MaxMatch ? 0 : MatchLength(data, at, 1);
            var (length, distance) = before >= above ? (before, 1) : (above, rowLength);
            if (length < MinMatch)
            {
                WriteSymbol(bits, data[at++]);
                continue;
            }

            WriteMatch(bits, length, distance);
            at += length;
        }

        WriteSymbol(bits, 256);
        bits.AlignToByte();
        Span<byte> checksum = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(checksum, Adler32(data));
        foreach (var value in checksum)
        {
            bits.Write(value, 8);
        }

        return bits.ToArray();
    }

    private static int MatchLength(ReadOnlySpan<byte> data, int at, int distance)
    {
        if (at < distance || distance > 32768)
        {
            return 0;
        }

        var limit = Math.Min(MaxMatch, data.Length - at);
        return data.Slice(at - distance, limit).CommonPrefixLength(data.Slice(at, limit));
    }

    private static void WriteMatch(BitWriter bits, int length, int distance)
    {
        var code = LastNotAbove(LengthBases, length);
        WriteSymbol(bits, 257 + code);
        bits.Write(length - LengthBases[code], LengthExtraBits[code]);
        code = LastNotAbove(DistanceBases, distance);
        bits.WriteCode(code, 5);
        bits.Write(distance - DistanceBases[code], Math.Max(0, code / 2 - 1));
    }

    private static int LastNotAbove(int[] bases, int value)
    {
        var index = Array.BinarySearch(bases, value);
        return index >= 0 ? index : ~index - 1;
    }

    private static void WriteSymbol(BitWriter bits, int symbol)
    {
        switch (symbol)
        {
            case < 144: bits.WriteCode(0x30 + symbol, 8); break;
            case < 256: bits.WriteCode(0x190 + symbol - 144, 9); break;
            case < 280: bits.WriteCode(symbol - 256, 7); break;
            default: bits.WriteCode(0xC0 + symbol - 280, 8); break;
        }
    }

    private static uint Adler32(ReadOnlySpan<byte> data)
    {
        // So many bytes can be added before a 32-bit sum has to be reduced.
        const int Stretch = 5552;
        const uint Modulus = 65521;
        uint a = 1, b = 0;
        while (!data.IsEmpty)
        {
            var part = data[..Math.Min(Stretch, data.Length)];
            foreach (var value in part)
            {
                a += value;
                b += a;
            }

            a %= Modulus;
            b %= Modulus;
            data = data[part.Length..];
        }

        return b << 16 | a;
    }

    /// <summary>Bits from the least significant up, Huffman codes from their first bit (RFC 1951).</summary>
    private sealed class BitWriter
    {
        private readonly List<byte> _bytes = new(4096);
        private ulong _pending;
        private int _count;

        public void Write(int value, int bits)
        {
            _pending |= (ulong)(uint)value << _count;
            _count += bits;
            while (_count >= 8)
            {
                _bytes.Add((byte)_pending);
                _pending >>= 8;
                _count -= 8;
            }
        }

        public void WriteCode(int code, int bits)
        {
            var reversed = 0;
            for (var i = 0; i < bits; i++)
            {
                reversed |= ((code >> i) & 1) << (bits - 1 - i);
            }

            Write(reversed, bits);
        }

        public void AlignToByte() => Write(0, (8 - _count) & 7);

        public byte[] ToArray() => [.. _bytes];
    }
}
