namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>What GenEval's rules say of one image.</summary>
/// <param name="Reason">Every rule that failed, one a line (joined by a line feed); empty when correct.</param>
/// <param name="Kept">The classes with objects left, in the order in which the detections were given.</param>
public sealed record RulesResult(bool Correct, string Reason, IReadOnlyList<KeptClass> Kept);

/// <summary>The detections of a class that the rules looked at.</summary>
/// <param name="Indices">Into the detector's list of the class, best first.</param>
public readonly record struct KeptClass(string Class, int[] Indices);
