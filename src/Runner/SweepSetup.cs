using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>Everything that a sweep is run with.</summary>
/// <param name="Arms">In the order of the plan.</param>
/// <param name="Scoring">Null where images are not scored.</param>
public sealed record SweepSetup(
    SweepPlan Plan,
    IReadOnlyList<ArmModels> Arms,
    ImageScoring? Scoring,
    CallSettings Calls);
