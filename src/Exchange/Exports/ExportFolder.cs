using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Exchange.Exports;

/// <summary>A folder that appears whole or not at all: it is written beside its place and renamed at the end.</summary>
internal sealed class ExportFolder(string path, ArtifactStore artifacts) : IDisposable
{
    private readonly string _temporary =
        $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))}.{Environment.ProcessId}.tmp";

    /// <exception cref="InvalidDataException">There is something of that name already.</exception>
    public static void Check(string path)
    {
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw new InvalidDataException($"{path}: is there already; an export goes into a new folder");
        }
    }

    public void Write(string name, string text) => File.WriteAllText(Place(name), text);

    public StreamWriter Open(string name) => new(Place(name)) { NewLine = "\n" };

    /// <summary>Copies an image, where there is one.</summary>
    public async Task ImageAsync(string name, byte[]? image, CancellationToken cancellation)
    {
        var place = Place(name); // the folder is there all the same: the published scorer lists it
        if (image is not null)
        {
            await File.WriteAllBytesAsync(place, await artifacts.ReadAsync(image, cancellation), cancellation);
        }
    }

    public void Commit()
    {
        Directory.CreateDirectory(_temporary);
        if (Directory.Exists(path))
        {
            Directory.Delete(path); // empty: Check saw to that
        }

        Directory.Move(_temporary, path);
    }

    public void Dispose()
    {
        if (Directory.Exists(_temporary))
        {
            Directory.Delete(_temporary, recursive: true);
        }
    }

    private string Place(string name)
    {
        var place = Path.Combine(_temporary, name);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        return place;
    }
}
