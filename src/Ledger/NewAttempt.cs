using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Ledger;

/// <summary>One attempt with everything that is recorded of it.</summary>
/// <param name="Score">Null where images are not scored.</param>
/// <param name="Ends">The attempt that the chain shows, when this attempt is its last; null when it goes on.</param>
public sealed record NewAttempt(
    Guid Chain,
    int Epoch,
    int Index,
    DrawingFact Drawing,
    IReadOnlyList<ContextItem> Context,
    JudgementFact Judgement,
    ScoreFact? Score,
    int? Ends)
{
    /// <summary>All that it refers to came from the ledger, or is known to be there.</summary>
    public bool IsOfTheLedger => Drawing.IsStored && Judgement.IsStored && Score?.IsStored != false;
}
