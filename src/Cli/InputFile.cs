using System.IO.Compression;
using System.Text;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Cli;

/// <summary>A UTF-8 text file, read line by line: plain, gzip (<c>.gz</c>) or standard input (<c>-</c>).</summary>
internal static class InputFile
{
    /// <summary>Characters. What has no line ends, such as a device, would be read for ever.</summary>
    private const int LongestLine = 16 << 20;

    /// <summary>What errors call the file.</summary>
    public static string Name(string path) => path == "-" ? "<stdin>" : path;

    /// <exception cref="UsageException">The file cannot be opened or read, or is not UTF-8.</exception>
    public static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(Open(path), Encoding.UTF8);
        for (var number = 1; ReadLine(reader, path, number) is { } line; number++)
        {
            if (line.Contains('\uFFFD'))
                throw new UsageException($"{Name(path)}:{number}: not UTF-8 text, or a character in it is damaged");
            yield return line;
        }
    }

    private static Stream Open(string path)
    {
        try
        {
            if (path == "-")
                return Console.OpenStandardInput();
            if (Directory.Exists(path))
                throw new UsageException($"cannot read {path}: it is a folder");
            var file = File.OpenRead(path);
            return path.EndsWith(".gz", StringComparison.Ordinal)
                ? new GZipStream(file, CompressionMode.Decompress)
                : file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"cannot read {Name(path)}: {SystemFault.Of(e)}", e);
        }
    }

    private static string? ReadLine(StreamReader reader, string path, int number)
    {
        try
        {
            var line = new StringBuilder();
            int c;
            while ((c = reader.Read()) is not (-1 or '\n'))
            {
                if (line.Length == LongestLine)
                    throw new UsageException($"{Name(path)}:{number}: more than {LongestLine} characters without a line end");
                line.Append((char)c);
            }

            if (line is [.., '\r'])
                line.Length--;
            return c < 0 && line.Length == 0 ? null : line.ToString();
        }
        catch (InvalidDataException e)
        {
            throw new UsageException($"{Name(path)}:{number}: not a whole gzip file", e);
        }
        catch (IOException e)
        {
            throw new UsageException($"{Name(path)}:{number}: cannot be read: {SystemFault.Of(e)}", e);
        }
    }
}
