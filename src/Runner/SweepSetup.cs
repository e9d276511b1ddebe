using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models;

namespace ReflectDiT.Eval.Runner;

/// <summary>Everything that a sweep is run with.</summary>
/// <param name="Arms">In the order of the plan.</param>
public sealed record SweepSetup(
    SweepPlan Plan,
    IReadOnlyList<PromptMetadata> Prompts,
    IReadOnlyList<ArmModels> Arms,
    IDetector Detector,
    ScoringOptions Scoring,
    CallSettings Calls);
