using System.Collections.Concurrent;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner;

/// <summary>Everything that a sweep is run with.</summary>
/// <param name="Arms">In the order of the plan.</param>
/// <param name="Scoring">Null where images are not scored.</param>
public sealed record SweepSetup(
    SweepPlan Plan,
    IReadOnlyList<ArmModels> Arms,
    ImageScoring? Scoring,
    CallSettings Calls)
{
    /// <summary>The models whose weights are known to be those of the ledger.</summary>
    internal ConcurrentDictionary<IHostedModel, bool> Bound { get; } = new();
}
