using System.IO.Compression;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>A folder that goes with the test, and the given GenEval data.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("reflectdit-test-");

    public string Root => _folder.FullName;

    /// <summary>Names of the files in the folder, in order.</summary>
    public IEnumerable<string> Files => _folder.EnumerateFiles().Select(file => file.Name).Order();

    public static string Data(string name) => Path.Combine(AppContext.BaseDirectory, "Data", name);

    public static string ReadGzip(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    public string At(string name) => Path.Combine(Root, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
