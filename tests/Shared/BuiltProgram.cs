namespace ReflectDiT.Eval.Testing;

/// <summary>The program as the build published it, which is what users run.</summary>
internal static class BuiltProgram
{
    /// <summary>Published beside the tests: artifacts/bin/TESTS/release and artifacts/publish/ReflectDiT.Eval.Cli/release.</summary>
    public static string Folder { get; } = Find();

    public static string Path { get; } = System.IO.Path.Combine(Folder, "reflectdit.dll");

    private static string Find()
    {
        var tests = new DirectoryInfo(AppContext.BaseDirectory);
        return System.IO.Path.Combine(
            tests.Parent!.Parent!.Parent!.FullName, "publish", "ReflectDiT.Eval.Cli", tests.Name);
    }
}
