using System.Buffers.Binary;

namespace ReflectDiT.Eval.Images.Tests;

/// <summary>Puts an orientation into a JPEG or a PNG.</summary>
internal static class Exif
{
    public static byte[] Insert(byte[] file, ushort orientation, bool bigEndian)
    {
        var tiff = Tiff(orientation, bigEndian);
        return file[0] == 0xFF
            ? [.. file[..2], 0xFF, 0xE1, 0, (byte)(8 + tiff.Length), .. "Exif\0\0"u8, .. tiff, .. file[2..]]
            : InsertIntoPng(file, tiff);
    }

    public static byte[] InsertIntoPng(byte[] file, byte[] tiff)
    {
        const int AfterHeader = 33;
        byte[] body = [.. "eXIf"u8, .. tiff];
        return [.. file[..AfterHeader], .. Big((uint)tiff.Length), .. body, .. Big(Crc(body)), .. file[AfterHeader..]];
    }

    /// <summary>One directory of two entries: a width, then the orientation.</summary>
    public static byte[] Tiff(ushort orientation, bool bigEndian)
    {
        var tiff = new byte[8 + 2 + 2 * 12 + 4];
        (bigEndian ? "MM"u8 : "II"u8).CopyTo(tiff);
        Short(2, 42);
        Short(bigEndian ? 6 : 4, 8);
        Short(8, 2);
        Short(10, 0x0100);
        Short(12, 3);
        Short(bigEndian ? 16 : 14, 1);
        Short(18, 99);
        Short(22, 0x0112);
        Short(24, 3);
        Short(bigEndian ? 28 : 26, 1);
        Short(30, orientation);
        return tiff;

        void Short(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(
            tiff.AsSpan(at), bigEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
    }

    private static byte[] Big(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
