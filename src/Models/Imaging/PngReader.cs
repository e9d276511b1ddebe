using System.Buffers.Binary;
using System.IO.Compression;

namespace ReflectDiT.Eval.Models.Imaging;

/// <summary>
/// Reads PNGs of 8 bits a sample, palette, grey, RGB or RGBA (alpha is dropped), not interlaced. Anything else, and
/// anything damaged, throws <see cref="InvalidDataException"/> that says what was expected.
/// </summary>
public static class PngReader
{
    private const int MaxSide = 4096;

    public static RgbImage Read(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        if (!bytes.StartsWith(PngFormat.Signature))
        {
            throw new InvalidDataException("Not a PNG: expected the 8-byte PNG signature at the start.");
        }

        Header? header = null;
        uint[]? palette = null;
        using var compressed = new MemoryStream(bytes.Length);
        for (var at = PngFormat.Signature.Length; ;)
        {
            var (type, data) = ReadChunk(bytes, ref at);
            if (header is null && !type.SequenceEqual("IHDR"u8))
            {
                throw new InvalidDataException($"PNG: expected IHDR first, found {PngFormat.Name(type)}.");
            }

            if (type.SequenceEqual("IHDR"u8))
            {
                header = Header.Parse(data);
            }
            else if (type.SequenceEqual("PLTE"u8))
            {
                palette = ReadPalette(data);
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                compressed.Write(data);
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                break;
            }
            else if ((type[0] & 0x20) == 0)
            {
                throw new InvalidDataException($"PNG: cannot read the critical chunk {PngFormat.Name(type)}.");
            }
        }

        var rows = Inflate(compressed, header!.Height * (1 + header.RowBytes));
        PngFilters.Undo(rows, header.Height, header.RowBytes, header.Samples);
        return new RgbImage(header.Width, header.Height, ToPixels(rows, header, palette));
    }

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes, int at, int count)
    {
        if (count < 0 || bytes.Length - at < count)
        {
            throw new InvalidDataException(
                $"PNG: cut off or damaged at byte {at}: expected {(uint)count} more bytes, found {bytes.Length - at}.");
        }

        return bytes.Slice(at, count);
    }

    private static Chunk ReadChunk(ReadOnlySpan<byte> bytes, ref int at)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(Take(bytes, at, 4));
        var data = Take(bytes, at + 8, length);
        var type = Take(bytes, at + 4, 4);
        var stored = BinaryPrimitives.ReadUInt32BigEndian(Take(bytes, at + 8 + length, 4));
        var actual = PngFormat.Crc(bytes.Slice(at + 4, 4 + length));
        if (stored != actual)
        {
            throw new InvalidDataException(
                $"PNG: chunk {PngFormat.Name(type)} at byte {at} is damaged: "
                + $"expected CRC {stored:x8}, its bytes give {actual:x8}.");
        }

        at += 12 + length;
        return new Chunk(type, data);
    }

    private static uint[] ReadPalette(ReadOnlySpan<byte> data)
    {
        if (data.Length is 0 or > 768 || data.Length % 3 != 0)
        {
            throw new InvalidDataException(
                $"PNG: expected 1 to 256 palette entries of 3 bytes, found {data.Length} bytes.");
        }

        var palette = new uint[data.Length / 3];
        for (var i = 0; i < palette.Length; i++)
        {
            palette[i] = Pack(data.Slice(3 * i, 3));
        }

        return palette;
    }

    private static byte[] Inflate(MemoryStream compressed, int length)
    {
        compressed.Position = 0;
        var rows = new byte[length];
        using var inflater = new ZLibStream(compressed, CompressionMode.Decompress);
        int found;
        try
        {
            found = inflater.ReadAtLeast(rows, length, throwOnEndOfStream: false);
            // Reading on to the end makes the stream compare its own check sum.
            found += inflater.ReadByte() >= 0 ? 1 : 0;
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"PNG: the compressed pixels are damaged: {exception.Message}", exception);
        }

        if (found != length)
        {
            throw new InvalidDataException(
                $"PNG: expected {length} bytes of pixels, found {(found > length ? "more" : found.ToString())}.");
        }

        return rows;
    }

    private static uint[] ToPixels(byte[] rows, Header header, uint[]? palette)
    {
        if (header.ColourType == PngFormat.Indexed && palette is null)
        {
            throw new InvalidDataException("PNG: expected a palette (PLTE) before the pixels.");
        }

        var pixels = GC.AllocateUninitializedArray<uint>(header.Width * header.Height);
        for (var y = 0; y < header.Height; y++)
        {
            var row = rows.AsSpan(y * (1 + header.RowBytes) + 1, header.RowBytes);
            var target = pixels.AsSpan(y * header.Width, header.Width);
            switch (header.ColourType)
            {
                case PngFormat.Indexed: LookUp(row, palette!, target, y); break;
                case PngFormat.Grey: Spread(row, target); break;
                default: Pack(row, header.Samples, target); break;
            }
        }

        return pixels;
    }

    private static void LookUp(ReadOnlySpan<byte> row, uint[] palette, Span<uint> target, int y)
    {
        for (var x = 0; x < target.Length; x++)
        {
            if (row[x] >= palette.Length)
            {
                throw new InvalidDataException(
                    $"PNG: pixel ({x}, {y}) has palette index {row[x]}, expected less than {palette.Length}.");
            }

            target[x] = palette[row[x]];
        }
    }

    private static void Spread(ReadOnlySpan<byte> row, Span<uint> target)
    {
        for (var x = 0; x < target.Length; x++)
        {
            target[x] = row[x] * 0x010101u;
        }
    }

    private static void Pack(ReadOnlySpan<byte> row, int samples, Span<uint> target)
    {
        for (var x = 0; x < target.Length; x++)
        {
            target[x] = Pack(row.Slice(x * samples, 3));
        }
    }

    private static uint Pack(ReadOnlySpan<byte> rgb) => (uint)(rgb[0] << 16 | rgb[1] << 8 | rgb[2]);

    private readonly ref struct Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        private readonly ReadOnlySpan<byte> _type = type;
        private readonly ReadOnlySpan<byte> _data = data;

        public void Deconstruct(out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data)
        {
            type = _type;
            data = _data;
        }
    }

    /// <param name="Samples">Bytes of one pixel.</param>
    private sealed record Header(int Width, int Height, int ColourType, int Samples)
    {
        public int RowBytes => Width * Samples;

        public static Header Parse(ReadOnlySpan<byte> data)
        {
            if (data.Length != 13)
            {
                throw new InvalidDataException($"PNG: expected 13 bytes of IHDR, found {data.Length}.");
            }

            var width = BinaryPrimitives.ReadInt32BigEndian(data);
            var height = BinaryPrimitives.ReadInt32BigEndian(data[4..]);
            if (width is < 1 or > MaxSide || height is < 1 or > MaxSide)
            {
                throw new InvalidDataException(
                    $"PNG: expected sides of 1 to {MaxSide} pixels, found {(uint)width} x {(uint)height}.");
            }

            var samples = data[9] switch
            {
                PngFormat.Grey or PngFormat.Indexed => 1,
                PngFormat.Rgb => 3,
                PngFormat.Rgba => 4,
                _ => 0,
            };
            if (data[8] != 8 || samples == 0 || data[10] != 0 || data[11] != 0 || data[12] != 0)
            {
                throw new InvalidDataException(
                    "PNG: expected 8 bits a sample, colour type 0, 2, 3 or 6, not interlaced; found "
                    + $"{data[8]} bits, colour type {data[9]}, compression {data[10]}, filter {data[11]}, "
                    + $"interlace {data[12]}.");
            }

            return new Header(width, height, data[9], samples);
        }
    }
}
