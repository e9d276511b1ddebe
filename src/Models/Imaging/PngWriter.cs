using System.Buffers.Binary;

namespace ReflectDiT.Eval.Models.Imaging;

/// <summary>Writes 8-bit palette PNGs: the same image gives the same bytes on every machine.</summary>
public static class PngWriter
{
    public static byte[] Write(IndexedImage image)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(image.Indices.Length, image.Width * image.Height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(image.Palette.Count, 256);

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        header[8] = 8;
        header[9] = PngFormat.Indexed;

        var file = new MemoryStream(4096);
        file.Write(PngFormat.Signature);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "PLTE"u8, PaletteBytes(image.Palette));
        WriteChunk(file, "IDAT"u8, RowDeflate.Compress(UnfilteredRows(image), image.Width + 1));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] PaletteBytes(IReadOnlyList<uint> palette)
    {
        var bytes = new byte[3 * palette.Count];
        for (var i = 0; i < palette.Count; i++)
        {
            bytes[3 * i] = (byte)(palette[i] >> 16);
            bytes[3 * i + 1] = (byte)(palette[i] >> 8);
            bytes[3 * i + 2] = (byte)palette[i];
        }

        return bytes;
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
        var start = (int)file.Position;
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, PngFormat.Crc(file.GetBuffer().AsSpan(start, 4 + data.Length)));
        file.Write(number);
    }
}
