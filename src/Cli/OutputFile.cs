using System.IO.Compression;
using System.Text;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Ledger.Files;

namespace ReflectDiT.Eval.Cli;

/// <summary>
/// A UTF-8 text file that appears whole or not at all: it is written beside its place and renamed by
/// <see cref="Commit"/>. Gzip where the name ends in <c>.gz</c>; <c>-</c> is standard output, which only ever ends at
/// a line.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly string? _temporary;
    private readonly Unfinished? _unfinished;
    private readonly Stream _file;
    private readonly GZipStream? _gzip;
    private readonly StreamWriter _writer;

    /// <exception cref="UsageException">There can be no file of this name.</exception>
    public OutputFile(string path)
    {
        _path = path;
        // A device or pipe is written to as it is; a file renamed over it would take its place. /dev/shm holds files.
        var isDevice = path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);
        _temporary = path == "-" || isDevice ? null : $"{path}.{Environment.ProcessId}.tmp";
        _unfinished = _temporary is null ? null : new(_temporary);
        try
        {
            _file = Open(path, _temporary);
        }
        catch
        {
            _unfinished?.Dispose();
            throw;
        }

        _gzip = path.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(_file, CompressionLevel.Optimal, leaveOpen: true)
            : null;
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        _writer = new StreamWriter((Stream?)_gzip ?? _file, encoding, 1 << 16, leaveOpen: true) { NewLine = "\n" };
    }

    public TextWriter Writer => _writer;

    /// <summary>Writes a whole file at once.</summary>
    public static void Write(string path, string text)
    {
        using var file = new OutputFile(path);
        file.Writer.Write(text);
        file.Commit();
    }

    /// <summary>Makes what was written durable and gives it its name.</summary>
    public void Commit()
    {
        _writer.Dispose();
        _gzip?.Dispose();
        if (_temporary is null)
            return;

        ((FileStream)_file).Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_temporary, _path, overwrite: true);
    }

    public void Dispose()
    {
        if (_temporary is null)
            _writer.Dispose();
        _file.Dispose();
        _unfinished?.Dispose();
    }

    private static Stream Open(string path, string? temporary)
    {
        try
        {
            if (path == "-")
                return Console.OpenStandardOutput();
            if (Directory.Exists(path))
                throw new UsageException($"cannot write {path}: it is a folder");
            return temporary is null ? File.OpenWrite(path) : Unfinished.Make(() => File.Create(temporary));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"cannot write {path}: {SystemFault.Of(e)}", e);
        }
    }
}
