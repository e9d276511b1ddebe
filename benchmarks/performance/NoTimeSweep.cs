using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner;

namespace ReflectDiT.Eval.Performance;

/// <summary>Best-of-N and reflection on the published prompts, with models that take no time.</summary>
internal static class NoTimeSweep
{
    /// <param name="number">Makes it a sweep of its own, with other seeds.</param>
    /// <param name="attempts">Of each chain.</param>
    public static SweepSetup Of(int number, int attempts)
    {
        var any = ModelConfiguration.RanElsewhere;
        IReadOnlyList<NamedModel> named = [new("any", any, new())];
        var models = new SweepModels(named, new ModelHost(new NoTimeModels()));
        var benchmark = new GenEvalBenchmark(PromptSet.PublishedSeed, PromptSet.PublishedPerTask);
        var scorer = new PlannedScorer("geneval", benchmark.ScoredElsewhere.ToJson());
        IStrategy[] strategies =
            [new BestOfN(attempts, Selector.JudgeScore), new Reflection(attempts, 3, ReflectionQuirks.Paper)];
        return new(
            new SweepPlan(
                "benchmark",
                $"number {number}",
                CallSettings.Default.ToJson(),
                Seed: number,
                Replicates: 1,
                benchmark.Prompts,
                [.. strategies.Select((s, i) => new PlannedArm($"arm {i}", s.MaxAttempts, false, s.IsOracle, null))],
                scorer,
                named),
            [.. strategies.Select(s => new ArmModels(models.Generator(any), models.Judge(any), s))],
            new Dictionary<Guid, ImageScoring> { [scorer.Id] = ImageScoring.Of(benchmark.Scorer(benchmark.ScoredElsewhere), models) },
            CallSettings.Default);
    }
}
