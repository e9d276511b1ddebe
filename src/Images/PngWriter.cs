using System.Buffers.Binary;

namespace ReflectDiT.Eval.Images;

/// <summary>Writes 8-bit palette PNGs: the same image gives the same bytes on every machine.</summary>
public static class PngWriter
{
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(i => CrcOfByte((uint)i))];

    public static byte[] Encode(IndexedImage image)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(image.Indices.Length, image.Width * image.Height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(image.Palette.Count, 256);

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        (header[8], header[9]) = (8, 3); // bits a sample, a palette

        var file = new MemoryStream(4096);
        file.Write([0x89, .. "PNG\r\n\x1a\n"u8]);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "PLTE"u8, [.. image.Palette.SelectMany(c => (byte[])[(byte)(c >> 16), (byte)(c >> 8), (byte)c])]);
        WriteChunk(file, "IDAT"u8, RowDeflate.Compress(UnfilteredRows(image), image.Width + 1));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>The rows, each after a filter byte 0 (none).</summary>
    private static byte[] UnfilteredRows(IndexedImage image)
    {
        var rows = new byte[(image.Width + 1) * image.Height];
        for (var y = 0; y < image.Height; y++)
        {
            image.Indices.AsSpan(y * image.Width, image.Width).CopyTo(rows.AsSpan(y * (image.Width + 1) + 1));
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
