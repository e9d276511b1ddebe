using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// Images named by their SHA-256 and their type, below one folder: <c>a/bcdef….png</c>. A file under its final name is
/// whole and on disk: it is written beside, flushed and renamed, and its folder is flushed too.
/// </summary>
public sealed partial class ArtifactStore
{
    /// <summary>The types that an image may have; the first is that of all images drawn here.</summary>
    private static readonly string[] Endings = [".png", ".jpg", ".webp"];

    private readonly string _root;

    /// <summary>Folders that this process has seen reach the disk.</summary>
    private readonly HashSet<string> _durable = [];

    /// <param name="root">Made with the first artifact.</param>
    public ArtifactStore(string root) => _root = Path.GetFullPath(root);

    /// <summary>The name of some content: its SHA-256, 32 bytes.</summary>
    public static byte[] NameOf(ReadOnlyMemory<byte> content) => SHA256.HashData(content.Span);

    /// <summary>Where an artifact is; where it would be as <c>.png</c>, if it is not there.</summary>
    public string PathOf(byte[] name) =>
        Endings.Select(e => PathOf(name, e)).FirstOrDefault(File.Exists) ?? PathOf(name, Endings[0]);

    /// <summary>Makes all of them durable. What is there already is not written again.</summary>
    /// <exception cref="IOException">The disk is full, or fails.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not this user's.</exception>
    public void Save(IReadOnlyCollection<(byte[] Name, ReadOnlyMemory<byte> Content)> artifacts)
    {
        var files = artifacts.Select(a => (Path: PathOf(a.Name, EndingOf(a.Content.Span)), a.Content)).DistinctBy(a => a.Path).ToList();
        var folders = files.Select(f => Path.GetDirectoryName(f.Path)!).Distinct().ToList();
        MakeDurable(folders);
        InParallel(files.Where(f => !File.Exists(f.Path)), f => WriteWhole(f.Path, f.Content.Span));
        // Also of files that were there: another process may have renamed them a moment ago.
        InParallel(folders, FlushFolder);
    }

    /// <exception cref="LedgerException">The file is missing or damaged.</exception>
    public async Task<byte[]> ReadAsync(byte[] name, CancellationToken cancellation)
    {
        var path = PathOf(name);
        byte[] content;
        try
        {
            content = await File.ReadAllBytesAsync(path, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LedgerException($"Artifact {path} cannot be read ({SystemFault.Of(e)}). Restore it from a copy.", e);
        }

        return NameOf(content).AsSpan().SequenceEqual(name)
            ? content
            : throw new LedgerException($"Artifact {path} is damaged: its content does not have the hash in its name. Restore it from a copy.");
    }

    /// <summary>Every file that is there, with the hexadecimal digits of its name; files that were not finished are named by none.</summary>
    public IEnumerable<(string Path, string Name)> Files(TimeSpan olderThan)
    {
        var until = DateTime.UtcNow - olderThan;
        return !Directory.Exists(_root) ? [] : Directory.EnumerateDirectories(_root).SelectMany(Directory.EnumerateFiles)
            .Where(file => File.GetLastWriteTimeUtc(file) < until)
            .Select(file => (file, Path.GetFileName(Path.GetDirectoryName(file)) + Path.GetFileNameWithoutExtension(file)));
    }

    /// <summary>The type that the first bytes say, whatever the file was called elsewhere.</summary>
    private static string EndingOf(ReadOnlySpan<byte> content) =>
        content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? ".jpg"
        : content.StartsWith("RIFF"u8) && content.Length >= 12 && content[8..12].SequenceEqual("WEBP"u8) ? ".webp"
        : ".png";

    private string PathOf(byte[] name, string ending)
    {
        // Sixteen folders: each that a group of files goes to is flushed once, and that costs as much as a file.
        var hex = Convert.ToHexStringLower(name);
        return Path.Combine(_root, hex[..1], hex[1..] + ending);
    }

    /// <summary>Flushing waits for the disk, not for a core: several at once share one journal commit.</summary>
    private static readonly ParallelOptions FlushOptions = new() { MaxDegreeOfParallelism = 8 };

    /// <exception cref="IOException">The first fault, as it is: whoever saves must tell a full disk from all else.</exception>
    private static void InParallel<T>(IEnumerable<T> items, Action<T> act)
    {
        try
        {
            Parallel.ForEach(items, FlushOptions, act);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private void MakeDurable(List<string> folders)
    {
        lock (_durable)
        {
            var unknown = folders.Where(f => !_durable.Contains(f)).ToList();
            if (unknown.Count > 0)
            {
                unknown.ForEach(f => Directory.CreateDirectory(f));
                FlushFolder(_root);
                _durable.UnionWith(unknown);
            }
        }
    }

    private static void WriteWhole(string path, ReadOnlySpan<byte> content)
    {
        var part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (var file = File.OpenHandle(part, FileMode.CreateNew, FileAccess.Write, preallocationSize: 0))
            {
                RandomAccess.Write(file, content, 0);
                RandomAccess.FlushToDisk(file);
            }

            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS journals a rename by itself.
        }

        var descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw new IOException($"Cannot open {folder} to flush it: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        var flushed = FSync(descriptor);
        var error = Marshal.GetLastPInvokeErrorMessage();
        _ = Close(descriptor);
        if (flushed != 0)
        {
            throw new IOException($"Cannot flush {folder}: {error}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
