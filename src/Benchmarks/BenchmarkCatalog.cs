using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.CustomPrompts;
using ReflectDiT.Eval.Benchmarks.DpgBench;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks;

/// <summary>The benchmarks of this build, by the kind that a sweep names: one line and one folder each.</summary>
public static class BenchmarkCatalog
{
    private sealed record Entry(
        string Kind,
        Func<ISweepSection, BenchmarkConfiguration> ReadBenchmark,
        Func<ISweepSection, ScorerConfiguration> ReadScorer,
        bool PassOrFail,
        Func<IReadOnlyList<string>> Layouts,
        Func<BenchmarkConfiguration, IBenchmark> Open);

    private static readonly Entry[] Entries =
    [
        new(
            GenEvalBenchmark.Kind,
            GenEvalBenchmark.ReadBenchmark,
            GenEvalBenchmark.ReadScorer,
            PassOrFail: true,
            () => GenEvalBenchmark.Layouts,
            GenEvalBenchmark.Open),
        new(
            PromptsBenchmark.Kind,
            PromptsBenchmark.ReadBenchmark,
            PromptsBenchmark.ReadScorer,
            PassOrFail: false,
            () => PromptsBenchmark.Layouts,
            PromptsBenchmark.Open),
        new(
            ShapesBenchmark.Kind,
            ShapesBenchmark.ReadBenchmark,
            ShapesBenchmark.ReadScorer,
            PassOrFail: true,
            () => ShapesBenchmark.Layouts,
            ShapesBenchmark.Open),
        new(
            DpgBenchmark.Kind,
            DpgBenchmark.ReadBenchmark,
            DpgBenchmark.ReadScorer,
            PassOrFail: false,
            () => DpgBenchmark.Layouts,
            DpgBenchmark.Open),
    ];

    public static IReadOnlyList<string> Kinds { get; } = [.. Entries.Select(e => e.Kind)];

    /// <summary>The layouts of all benchmarks, each once: what can be asked for before it is known which one is meant.</summary>
    public static IEnumerable<string> Layouts => Entries.SelectMany(e => e.Layouts()).Distinct();

    /// <exception cref="JsonException">This build does not know the benchmark, or a setting of it.</exception>
    public static IBenchmark Open(BenchmarkConfiguration configuration) => Find(configuration.Kind).Open(configuration);

    /// <summary>The section <c>benchmark</c> of a sweep file.</summary>
    public static BenchmarkConfiguration ReadBenchmark(ISweepSection sweep)
    {
        var section = sweep.Section("benchmark");
        var benchmark = Find(section.Word("kind", [.. Kinds])).ReadBenchmark(section);
        section.End();
        return benchmark;
    }

    /// <summary>The section <c>scorer</c> of a sweep file; null for none: then nothing is scored as it is drawn.</summary>
    public static ScorerConfiguration? ReadScorer(ISweepSection sweep, string kind)
    {
        if (!sweep.Has("scorer"))
        {
            return null;
        }

        var section = sweep.Section("scorer");
        var scorer = Find(kind).ReadScorer(section);
        section.End();
        return scorer;
    }

    /// <summary>Whether every image of it passes or fails: none is graded, and none without a score.</summary>
    public static bool PassOrFail(string kind) => Find(kind).PassOrFail;

    private static Entry Find(string kind) => Array.Find(Entries, e => e.Kind == kind)
        ?? throw new JsonException($"This build has no benchmark '{kind}'; known: {string.Join(", ", Kinds)}.");
}
