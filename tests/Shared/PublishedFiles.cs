using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Testing;

/// <summary>The files that the product ships.</summary>
internal static class PublishedFiles
{
    public static IReadOnlyList<(string Name, string Text)> All { get; } =
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "published"), "*.json")
            .Select(f => (Path.GetFileName(f), File.ReadAllText(f))),
    ];

    public static PublishedNumbers Numbers { get; } = PublishedReader.Read(All, GenEvalBenchmark.Columns);
}
