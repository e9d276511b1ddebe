using ReflectDiT.Eval.Core.GenEval;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models;
using ReflectDiT.Eval.Runner.Sweeps;

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
