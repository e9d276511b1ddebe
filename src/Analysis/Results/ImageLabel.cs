namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>What people say of an image.</summary>
/// <param name="Prompt">Index into <see cref="SweepResults.Prompts"/>.</param>
/// <param name="Attempt">From 0.</param>
/// <param name="Value">0 to 1: how good it is, or the share of those asked who call it good.</param>
public sealed record ImageLabel(string Arm, int Prompt, int Replicate, int Attempt, double Value);
