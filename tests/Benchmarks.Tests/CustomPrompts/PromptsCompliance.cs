using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.CustomPrompts;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.Tests.CustomPrompts;

public sealed class PromptsInStrataCompliance : BenchmarkCompliance
{
    public override BenchmarkConfiguration Configuration { get; } = PromptsBenchmark.Configuration(PromptFile.Read(
        "p.csv", "prompt,stratum\na cat,animals\na red house,places\n\"a \"\"great\"\" dog\",animals\n猫がいる,動物\n"));

    protected override ScorerConfiguration Scorer { get; } = JudgedBy.Simulated;
}

public sealed class PromptsOfOneKindCompliance : BenchmarkCompliance
{
    public override BenchmarkConfiguration Configuration { get; } =
        PromptsBenchmark.Configuration(PromptFile.Read("p.txt", "a cat\na dog\n"));

    protected override ScorerConfiguration Scorer { get; } = JudgedBy.Simulated;
}

internal static class JudgedBy
{
    public static ScorerConfiguration Simulated { get; } = PromptsBenchmark.ScoredBy(
        new(ModelConfiguration.Simulated, JsonSerializer.SerializeToElement(new { model = "any" })));
}
