using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>A text file of an input, with its hash. Gzip where the name ends in <c>.gz</c>.</summary>
internal sealed record InputText(string Text, string Sha256)
{
    private static readonly UTF8Encoding Strict =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="RecordException">It cannot be read, or is not UTF-8.</exception>
    public static InputText Read(string file)
    {
        try
        {
            var bytes = File.ReadAllBytes(file);
            var content = file.EndsWith(".gz", StringComparison.Ordinal) ? Unpack(bytes) : bytes;
            var start = content.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
            return new(Strict.GetString(content.AsSpan(start)), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new RecordException(file, null, $"cannot be read: {e.Message}");
        }
        catch (DecoderFallbackException)
        {
            throw new RecordException(file, null, "not UTF-8 text");
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
            gzip.CopyTo(unpacked);
        }

        return unpacked.ToArray();
    }
}
