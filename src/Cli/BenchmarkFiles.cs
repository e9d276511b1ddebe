using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Cli;

/// <summary>The data files that come with the program.</summary>
internal static class BenchmarkFiles
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval");

    public static string DemoSweep => Path.Combine(Folder, "sweeps", "demo.yaml");

    public static PublishedNumbers Published()
    {
        var folder = Path.Combine(Folder, "published");
        return PublishedReader.Read(Directory
            .GetFiles(folder, "*.json")
            .Order(StringComparer.Ordinal)
            .Select(file => (file, File.ReadAllText(file))), GenEvalBenchmark.Columns);
    }
}
