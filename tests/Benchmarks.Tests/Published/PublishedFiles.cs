using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Benchmarks.Tests.Published;

/// <summary>The files that the product ships.</summary>
internal static class PublishedFiles
{
    public static IReadOnlyList<(string Name, string Text)> All { get; } = GenEvalBenchmark.PublishedFiles();

    public static PublishedNumbers Numbers { get; } = PublishedReader.Read(All, GenEvalBenchmark.Columns);
}
