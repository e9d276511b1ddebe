namespace ReflectDiT.Eval.Repository.Tests;

/// <summary>The files of the repository that these tests are part of.</summary>
internal static class Repository
{
    public const string Solution = "ReflectDiT.Eval.sln";

    /// <summary>Folders that no source is in.</summary>
    public static IReadOnlyList<string> Generated { get; } = ["artifacts", ".git", ".reflectdit", ".vs", ".idea", ".vscode"];

    public static string Root { get; } = FindRoot();

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>Paths from the root, of files with one of the endings.</summary>
    public static IReadOnlyList<string> Files(params string[] endings) =>
        [.. Directory.EnumerateFiles(Root, "*", new EnumerationOptions { RecurseSubdirectories = true })
            .Select(file => Path.GetRelativePath(Root, file))
            .Where(file => !file.Split('/').Any(Generated.Contains))
            .Where(file => endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)];

    /// <summary>Fails with all the faults, each on a line, unless there are none.</summary>
    public static void AssertNone(IEnumerable<string> faults)
    {
        var all = string.Join('\n', faults);
        Assert.True(all.Length == 0, all);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, Solution)))
            folder = folder.Parent ?? throw new InvalidOperationException($"No {Solution} above the tests.");
        return folder.FullName;
    }
}
