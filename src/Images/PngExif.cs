using System.Buffers.Binary;
using SkiaSharp;

namespace ReflectDiT.Eval.Images;

/// <summary>The orientation in a PNG's eXIf chunk, which the decoder passes over.</summary>
internal static class PngExif
{
    private const ushort OrientationTag = 0x0112;

    /// <param name="png">A PNG that was decoded without complaint.</param>
    public static SKEncodedOrigin Origin(ReadOnlySpan<byte> png)
    {
        const int Signature = 8;
        const int AroundData = 12;
        for (var at = Signature; at + AroundData <= png.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png[at..]);
            if (length > png.Length - at - AroundData)
            {
                break;
            }

            if (png.Slice(at + 4, 4).SequenceEqual("eXIf"u8))
            {
                return Parse(png.Slice(at + 8, (int)length));
            }

            at += AroundData + (int)length;
        }

        return SKEncodedOrigin.Default;
    }

    /// <summary>Looks through the first directory of a TIFF; what makes no sense has no orientation.</summary>
    private static SKEncodedOrigin Parse(ReadOnlySpan<byte> tiff)
    {
        var little = tiff.StartsWith("II"u8);
        if (tiff.Length < 10 || (!little && !tiff.StartsWith("MM"u8)))
        {
            return SKEncodedOrigin.Default;
        }

        var directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
        {
            return SKEncodedOrigin.Default;
        }

        var entries = tiff[(int)directory..];
        var count = Short(entries);
        for (entries = entries[2..]; count > 0 && entries.Length >= 12; count--, entries = entries[12..])
        {
            if (Short(entries) == OrientationTag)
            {
                return (SKEncodedOrigin)Short(entries[8..]);
            }
        }

        return SKEncodedOrigin.Default;

        ushort Short(ReadOnlySpan<byte> bytes) =>
            little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }
}
