using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks;

/// <summary>The benchmarks of this build, by the kind that a sweep names.</summary>
public static class BenchmarkCatalog
{
    public static IReadOnlyList<string> Kinds { get; } = [GenEvalBenchmark.Kind];

    /// <exception cref="JsonException">This build does not know the benchmark, or a setting of it.</exception>
    public static IBenchmark Open(BenchmarkConfiguration configuration) => configuration.Kind switch
    {
        GenEvalBenchmark.Kind => GenEvalBenchmark.Of(configuration),
        _ => throw new JsonException(
            $"This build has no benchmark '{configuration.Kind}'; known: {string.Join(", ", Kinds)}."),
    };
}
