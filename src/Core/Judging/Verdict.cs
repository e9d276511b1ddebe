namespace ReflectDiT.Eval.Core.Judging;

/// <summary>What a network holds of "yes" and of "no" as the first token of its answer, as it computed it.</summary>
public sealed record YesNoLogits(double Yes, double No)
{
    /// <summary>The share of "yes" among the two.</summary>
    public double Score => 1 / (1 + Math.Exp(No - Yes));
}

/// <summary>What a judge says of one image.</summary>
/// <param name="Accepted">Whether the image shows the prompt.</param>
/// <param name="Score">Confidence in acceptance ("yes"), 0 to 1; null where a run elsewhere did not record it.</param>
/// <param name="NoScore">
/// Confidence in rejection ("no"), 0 to 1: 1 - <paramref name="Score"/> for a binary judge; null likewise.
/// </param>
/// <param name="Feedback">What is wrong, in one sentence; empty on acceptance; null likewise.</param>
public sealed record Verdict(bool Accepted, double? Score, double? NoScore, string? Feedback);
