using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Where an attempt stands in its chain.</summary>
/// <param name="Step">Of the chain, from 0.</param>
/// <param name="Place">Among the proposals of its step, from 0.</param>
/// <param name="Index">Among all attempts of the chain: those of the steps before, and the places before.</param>
public readonly record struct AttemptPlace(int Step, int Place, int Index);

/// <summary>One attempt with everything that is recorded of it.</summary>
/// <param name="Proposal">What was asked for; its context holds attempts of steps before.</param>
/// <param name="Score">Null where the chain does not depend on it.</param>
/// <param name="Ends">The attempt that the chain shows, when this attempt is its last; null when it goes on.</param>
public sealed record NewAttempt(
    Guid Chain,
    int Epoch,
    AttemptPlace At,
    Proposal Proposal,
    DrawingFact Drawing,
    JudgementFact Judgement,
    ScoreFact? Score,
    int? Ends)
{
    /// <summary>All that it refers to came from the ledger, or is known to be there.</summary>
    public bool IsOfTheLedger => Drawing.IsStored && Judgement.IsStored && Score?.IsStored != false;
}
