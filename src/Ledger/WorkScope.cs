namespace ReflectDiT.Eval.Ledger;

/// <summary>Which chains a worker takes; null means any.</summary>
/// <param name="Prompts">Indices into the benchmark.</param>
/// <param name="Arms">Names.</param>
public sealed record WorkScope(
    Guid? Sweep = null, IReadOnlyList<int>? Prompts = null, IReadOnlyList<string>? Arms = null);

/// <summary>How far the chains of a scope are.</summary>
/// <param name="Workable">Open, in a sweep that is neither paused nor cancelled.</param>
/// <param name="Cancelled">Open, in a cancelled sweep.</param>
public sealed record ScopeCounts(int Total, int Done, int Failed, int Workable, int Cancelled);

/// <summary>A chain that could be claimed, by its place in its sweep.</summary>
public sealed record FreeChain(int Arm, int Prompt, int Replicate);
