namespace ReflectDiT.Eval.Core.Judging;

/// <summary>What a judge says of one image.</summary>
/// <param name="Accepted">Whether the image shows the prompt.</param>
/// <param name="Score">Confidence in acceptance ("yes"), 0 to 1; null where a run elsewhere did not record it.</param>
/// <param name="NoScore">
/// Confidence in rejection ("no"), 0 to 1: 1 - <paramref name="Score"/> for a binary judge; null likewise.
/// </param>
/// <param name="Feedback">What is wrong, in one sentence; empty on acceptance; null likewise.</param>
public sealed record Verdict(bool Accepted, double? Score, double? NoScore, string? Feedback);
