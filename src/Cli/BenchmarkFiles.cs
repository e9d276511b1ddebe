namespace ReflectDiT.Eval.Cli;

/// <summary>The data files that come with the program.</summary>
internal static class BenchmarkFiles
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval");

    public static string DemoSweep => Path.Combine(Folder, "sweeps", "demo.yaml");
}
