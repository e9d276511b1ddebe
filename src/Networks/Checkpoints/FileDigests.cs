using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>
/// SHA-256 of files, each read once: what a file of the same path, size and time of change had is remembered, in the folder
/// <c>reflectdit</c> of the user's caches where that can be written.
/// </summary>
public sealed class FileDigests
{
    private static readonly Lock Writing = new();

    private readonly string? _file;
    private readonly ConcurrentDictionary<string, string> _known;

    /// <param name="file">Where they are remembered; null for nowhere but here.</param>
    public FileDigests(string? file)
    {
        _file = file;
        _known = new(Remembered(file), StringComparer.Ordinal);
    }

    public static FileDigests OfThisUser { get; } = new(Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } caches
            ? caches
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "reflectdit", "digests.json"));

    /// <summary>Of the file's content, in small hexadecimal digits.</summary>
    public string Of(string path)
    {
        var file = new FileInfo(Path.GetFullPath(path));
        var key = $"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}";
        if (_known.TryGetValue(key, out var known))
            return known;
        using var stream = file.OpenRead();
        var digest = Convert.ToHexStringLower(SHA256.HashData(stream));
        _known[key] = digest;
        Remember();
        return digest;
    }

    /// <summary>Of several files under the names that they have for the model: where they lie does not count.</summary>
    public string Of(IEnumerable<(string Name, string Path)> files) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Concat(files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{Of(file.Path)}  {file.Name}\n")))));

    private static Dictionary<string, string> Remembered(string? file)
    {
        try
        {
            return file is not null && File.Exists(file)
                ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(file)) ?? []
                : [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return []; // to be hashed again
        }
    }

    private void Remember()
    {
        if (_file is null)
            return;
        try
        {
            lock (Writing)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
                var next = $"{_file}.{Environment.ProcessId}";
                File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(_known));
                File.Move(next, _file, overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Remembered by this process alone.
        }
    }
}
