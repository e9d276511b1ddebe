namespace ReflectDiT.Eval.Cli;

/// <summary>The data files that come with the program.</summary>
internal static class BenchmarkFiles
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "benchmarks");

    public static string DemoSweep(string benchmark) => Path.Combine(Folder, benchmark, "sweeps", "demo.yaml");
}
