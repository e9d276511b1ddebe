using System.IO.Compression;

namespace ReflectDiT.Eval.Benchmarks.Tests.GenEval;

/// <summary>The files in Data, line by line.</summary>
internal static class OracleData
{
    public static IEnumerable<string> Lines(string file)
    {
        Stream stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "GenEval", "Data", file));
        if (file.EndsWith(".gz", StringComparison.Ordinal))
            stream = new GZipStream(stream, CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            yield return line;
    }
}
