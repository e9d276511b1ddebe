namespace ReflectDiT.Eval.Cli;

/// <summary>Something that <c>doctor</c> has looked at.</summary>
/// <param name="Good">Whether it is as it must be.</param>
/// <param name="Warns">Whether it works, and yet had better be otherwise.</param>
internal sealed record Finding(bool Good, string What, bool Warns = false);
