using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Ledger.Files;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>A text file of an input, with its hash. Gzip where the name ends in <c>.gz</c>.</summary>
internal sealed record InputText(string Text, string Sha256)
{
    /// <summary>Bytes, also of what a gzip file holds.</summary>
    private const int LargestFile = 128 << 20;

    /// <param name="within">The folder of which it has to be a file, reached over no link; null for any file.</param>
    /// <exception cref="RecordException">It cannot be read, or is not UTF-8.</exception>
    public static InputText Read(string file, string? within = null)
    {
        try
        {
            var bytes = within is null
                ? RegularFile.Read(file, LargestFile)
                : RegularFile.ReadWithin(within, Path.GetRelativePath(within, file), LargestFile);
            var content = file.EndsWith(".gz", StringComparison.Ordinal) ? Unpack(bytes) : bytes;
            return new(RegularFile.Text(content), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new RecordException(file, null, $"cannot be read: {e.Message}");
        }
    }

    /// <summary>The hash of a folder: over the names and hashes of its files that were read, in order.</summary>
    public static string HashOf(IEnumerable<(string Name, string Sha256)> files) =>
        Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Concat(
            files.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => $"{f.Sha256}  {f.Name}\n")))));

    private static byte[] Unpack(byte[] packed)
    {
        using var unpacked = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress))
        {
            var some = new byte[1 << 16];
            for (int read; (read = gzip.Read(some)) > 0;)
            {
                if (unpacked.Length + read > LargestFile)
                {
                    throw new InvalidDataException($"it holds more than {LargestFile} bytes");
                }

                unpacked.Write(some, 0, read);
            }
        }

        return unpacked.ToArray();
    }
}
