using System.Text;

namespace ReflectDiT.Eval.Models.Imaging;

/// <summary>What writer and reader share of the PNG format (ISO/IEC 15948).</summary>
internal static class PngFormat
{
    public const int Grey = 0;
    public const int Rgb = 2;
    public const int Indexed = 3;
    public const int Rgba = 6;

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <summary>CRC-32 of a chunk's type and data.</summary>
    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    public static string Name(ReadOnlySpan<byte> type) => Encoding.Latin1.GetString(type);

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (var n = 0u; n < 256; n++)
        {
            var c = n;
            for (var bit = 0; bit < 8; bit++)
            {
                c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
            }

            table[n] = c;
        }

        return table;
    }
}
