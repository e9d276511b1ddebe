using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.Tests.GenEval;

public sealed class GenEvalCompliance : BenchmarkCompliance
{
    public override BenchmarkConfiguration Configuration { get; } = GenEvalBenchmark.Configuration(43, 100);

    protected override ScorerConfiguration Scorer { get; } =
        GenEvalBenchmark.ScoredBy(new(ModelConfiguration.Simulated, null), ScoringOptions.Default);
}
