using System.Globalization;

namespace ReflectDiT.Eval.Cli;

/// <summary>Bytes as people read them.</summary>
internal static class ByteText
{
    public static string Gib(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.##} GiB");
}
