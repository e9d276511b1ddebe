namespace ReflectDiT.Eval.Ledger.Files;

/// <summary>A folder that appears whole or not at all: it is written beside its place and renamed at the end.</summary>
public sealed class ExportFolder : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly ArtifactStore _artifacts;
    private readonly Unfinished _unfinished;

    public ExportFolder(string path, ArtifactStore artifacts)
    {
        (_path, _artifacts) = (path, artifacts);
        _temporary = $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))}.{Environment.ProcessId}.tmp";
        _unfinished = new(_temporary);
    }

    /// <exception cref="InvalidDataException">There is something of that name already.</exception>
    public static void Check(string path)
    {
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw new InvalidDataException($"{path}: exists already; an export needs a new folder");
        }
    }

    public void Write(string name, string text) => Unfinished.Make(() =>
    {
        File.WriteAllText(Place(name), text);
        return true;
    });

    public StreamWriter Open(string name) => Unfinished.Make(() => new StreamWriter(Place(name)) { NewLine = "\n" });

    public void Write(string name, byte[] content) => Unfinished.Make(() =>
    {
        File.WriteAllBytes(Place(name), content);
        return true;
    });

    /// <summary>Copies an image, where there is one.</summary>
    public async Task ImageAsync(string name, byte[]? image, CancellationToken cancellation)
    {
        var content = image is null ? null : await _artifacts.ReadAsync(image, cancellation);
        Unfinished.Make(() =>
        {
            var place = Place(name); // the folder is there all the same: the published scorer lists it
            if (content is not null)
            {
                File.WriteAllBytes(place, content);
            }

            return true;
        });
    }

    /// <summary>Puts the folder in its place.</summary>
    public void Commit()
    {
        Directory.CreateDirectory(_temporary);
        if (Directory.Exists(_path))
        {
            Directory.Delete(_path); // empty: Check saw to that
        }

        Directory.Move(_temporary, _path);
    }

    public void Dispose() => _unfinished.Dispose();

    private string Place(string name)
    {
        var place = Path.Combine(_temporary, name);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        return place;
    }
}
