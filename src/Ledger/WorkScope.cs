namespace ReflectDiT.Eval.Ledger;

/// <summary>Which chains a worker takes, and which drawings it scores; null means any.</summary>
/// <param name="Prompts">Indices into the benchmark.</param>
/// <param name="Arms">Names.</param>
public sealed record WorkScope(
    Guid? Sweep = null, IReadOnlyList<int>? Prompts = null, IReadOnlyList<string>? Arms = null)
{
    /// <summary>Only chains that wait for this; null for a worker that draws and judges, and takes any.</summary>
    public ChainRole? Role { get; init; }

    /// <summary>What it takes nothing of, as it cannot work on it.</summary>
    public IReadOnlyCollection<ParkedWork> Parked { get; init; } = [];
}

/// <summary>What a worker leaves to others: a sweep, or one arm of it, or what one scorer has to score.</summary>
/// <param name="Arm">Null for all, and where it is a scorer.</param>
public readonly record struct ParkedWork(Guid Sweep, int? Arm = null, Guid? Scorer = null);

/// <summary>How far the chains of a scope are.</summary>
/// <param name="Workable">Open, in a sweep that is neither paused nor cancelled.</param>
/// <param name="Cancelled">Open, in a cancelled sweep.</param>
public sealed record ScopeCounts(int Total, int Done, int Failed, int Workable, int Cancelled);

/// <summary>Open chains of sweeps that are neither paused nor cancelled.</summary>
/// <param name="Claimable">Held by nobody.</param>
/// <param name="Oldest">How long the longest of these has waited; zero where there is none.</param>
public sealed record WaitingChains(int Open, int Claimable, TimeSpan Oldest);

/// <summary>A chain that could be claimed, by its place in its sweep.</summary>
/// <param name="Needs">Whom it waits for, where workers do not do both.</param>
/// <param name="Epoch">Of who held it last: another after every claim.</param>
public sealed record FreeChain(int Arm, int Prompt, int Replicate, ChainRole Needs, int Epoch);
