using System.CommandLine;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.Shapes;

namespace ReflectDiT.Eval.Cli.Commands.GenEval;

/// <summary><c>--benchmark</c>: one of those with GenEval's grammar and rules.</summary>
internal static class BenchmarkOption
{
    public static Option<string> Create()
    {
        var option = new Option<string>("--benchmark")
        {
            Description = $"{GenEvalBenchmark.Kind} or {ShapesBenchmark.Kind}",
            DefaultValueFactory = _ => GenEvalBenchmark.Kind,
        };
        option.AcceptOnlyFromAmong(GenEvalBenchmark.Kind, ShapesBenchmark.Kind);
        return option;
    }

    /// <summary>What the benchmark has of its own.</summary>
    public static ObjectWorld World(string benchmark) => benchmark == ShapesBenchmark.Kind ? ShapesBenchmark.World : ObjectWorld.GenEval;
}
