using System.Buffers.Binary;
using System.Numerics;

namespace ReflectDiT.Eval.Images;

/// <summary>
/// A small zlib compressor (RFC 1950, 1951) for flat drawings: one block of fixed Huffman codes and matches at two
/// distances only, the byte before and the row above. The runtime's zlib is not used for writing: it picks its code
/// paths by processor and version, so equal drawings could become unequal files.
/// </summary>
internal static class RowDeflate
{
    private const int MinMatch = 3;
    private const int MaxMatch = 258;
    private const int MaxDistance = 32768;

    /// <summary>A zlib stream of <paramref name="data"/>, in rows of <paramref name="rowLength"/> bytes.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> data, int rowLength)
    {
        var bits = new BitWriter();
        bits.Write(0x0178, 16); // zlib, window of 32 KiB
        bits.Write(0b011, 3); // the last block, of fixed codes
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
        bits.Write((int)BinaryPrimitives.ReverseEndianness(Adler32(data)), 32);
        return bits.ToArray();
    }

    private static int MatchLength(ReadOnlySpan<byte> data, int at, int distance)
    {
        if (at < distance || distance > MaxDistance)
        {
            return 0;
        }

        var limit = Math.Min(MaxMatch, data.Length - at);
        return data.Slice(at - distance, limit).CommonPrefixLength(data.Slice(at, limit));
    }

    private static void WriteMatch(BitWriter bits, int length, int distance)
    {
        var (code, extra) = length == MaxMatch ? (28, 0) : Code(length - MinMatch, 4);
        WriteSymbol(bits, 257 + code);
        bits.Write((length - MinMatch) & ((1 << extra) - 1), extra);
        (code, extra) = Code(distance - 1, 2);
        bits.WriteCode(code, 5);
        bits.Write((distance - 1) & ((1 << extra) - 1), extra);
    }

    /// <summary>Codes of lengths and distances come in groups of 4 or 2, each with one more extra bit than the group
    /// before, the first two groups with none.</summary>
    private static (int Code, int Extra) Code(int value, int group)
    {
        var extra = Math.Max(0, BitOperations.Log2((uint)value / (uint)group));
        return (group * extra + (value >> extra), extra);
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
