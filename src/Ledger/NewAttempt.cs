using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Ledger;

/// <summary>One attempt with everything that is recorded of it.</summary>
/// <param name="Scorer">Id of the scorer; null where images are not scored.</param>
/// <param name="ImageName">SHA-256 of <paramref name="Image"/>.</param>
/// <param name="Ends">The attempt that the chain shows, when this attempt is its last; null when it goes on.</param>
public sealed record NewAttempt(
    Guid Chain,
    Guid? Scorer,
    int Epoch,
    int Index,
    long Seed,
    byte[] ImageName,
    ReadOnlyMemory<byte> Image,
    IReadOnlyList<ContextItem> Context,
    Verdict Verdict,
    string JudgeText,
    AttemptCosts Costs,
    Score? Score,
    int? Ends);
