using System.Buffers.Binary;

namespace ReflectDiT.Eval.Images;

/// <summary>Writes PNGs of 8 bits: the same image gives the same bytes on every machine.</summary>
public static class PngWriter
{
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(i => CrcOfByte((uint)i))];

    public static byte[] Encode(IndexedImage image)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(image.Indices.Length, image.Width * image.Height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(image.Palette.Count, 256);

        const byte OfPalette = 3;
        return Encode(image.Width, image.Height, OfPalette, image.Indices,
            [.. image.Palette.SelectMany(c => (byte[])[(byte)(c >> 16), (byte)(c >> 8), (byte)c])]);
    }

    /// <summary>Of a photograph little is saved: the compressor is for flat drawings.</summary>
    public static byte[] Encode(RgbImage image)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(image.Rgb.Length, 3 * image.Width * image.Height);
        const byte OfColours = 2;
        return Encode(image.Width, image.Height, OfColours, image.Rgb, []);
    }

    private static byte[] Encode(int width, int height, byte kind, byte[] samples, byte[] palette)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, kind); // bits a sample

        var file = new MemoryStream(4096);
        file.Write([0x89, .. "PNG\r\n\x1a\n"u8]);
        WriteChunk(file, "IHDR"u8, header);
        if (palette.Length > 0)
            WriteChunk(file, "PLTE"u8, palette);
        var row = samples.Length / height;
        WriteChunk(file, "IDAT"u8, RowDeflate.Compress(UnfilteredRows(samples, row, height), row + 1));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>The rows, each after a filter byte 0 (none).</summary>
    private static byte[] UnfilteredRows(byte[] samples, int row, int height)
    {
        var rows = new byte[(row + 1) * height];
        for (var y = 0; y < height; y++)
        {
            samples.AsSpan(y * row, row).CopyTo(rows.AsSpan((y * (row + 1)) + 1));
        }

        return rows;
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        var crc = uint.MaxValue;
        foreach (var value in file.GetBuffer().AsSpan(0, (int)file.Length)[^(type.Length + data.Length)..])
        {
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        file.Write(number);
    }

    private static uint CrcOfByte(uint value)
    {
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 1) != 0 ? 0xEDB88320u ^ (value >> 1) : value >> 1;
        }

        return value;
    }
}
