using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>Everything that a sweep is run with.</summary>
/// <param name="Arms">In the order of the plan; none that was run elsewhere.</param>
/// <param name="Scorings">By scorer: the sweep's own, which is the plan's, and those that were added; none that scored elsewhere.</param>
public sealed record SweepSetup(
    SweepPlan Plan,
    IReadOnlyList<ArmModels> Arms,
    IReadOnlyDictionary<Guid, ImageScoring> Scorings,
    CallSettings Calls);
