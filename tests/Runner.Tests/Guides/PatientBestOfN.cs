using System.Text.Json.Serialization;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Runner.Tests.Guides;

/// <summary>Best-of-N that ends once the judge has accepted so many images, and shows the accepted one that it scores highest.</summary>
public sealed record PatientBestOfN(int MaxAttempts, int Acceptances) : IStrategy
{
    /// <summary>No decision uses the scorer.</summary>
    [JsonIgnore]
    public bool IsOracle => false;

    /// <summary>No attempt has a context.</summary>
    [JsonIgnore]
    public bool DrawsIndependently => true;

    public Step Next(IReadOnlyList<PastAttempt> history, Seeds seeds) =>
        history.Count == MaxAttempts || history.Count(a => a.Verdict.Accepted) == Acceptances
            ? new Step.Stop(Shown(history))
            : new Step.Draw([new Proposal(Context: [])]);

    /// <summary>Also called for a chain that is not at its end: the curve over N shows what it would have shown.</summary>
    public int Shown(IReadOnlyList<PastAttempt> history) => Enumerable.Range(0, history.Count)
        .OrderByDescending(i => history[i].Verdict.Accepted)
        .ThenByDescending(i => history[i].Verdict.Score)
        .First();
}
