using System.Security.Cryptography;
using System.Text;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Ids are hashes of what they name, so that planning twice names the same rows.</summary>
public static class Identity
{
    /// <summary>The first 128 bits of the SHA-256 of a text, as a UUID in reading order.</summary>
    public static Guid Of(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16), bigEndian: true);

    public static Guid OfChain(Guid sweep, int arm, int prompt, int replicate) =>
        Of($"{sweep}\n{arm}\n{prompt}\n{replicate}");
}
