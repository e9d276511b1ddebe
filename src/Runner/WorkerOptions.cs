using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>What a worker takes, and how.</summary>
/// <param name="Slots">Chains worked on at once.</param>
/// <param name="Scope">The chains that it may take.</param>
public sealed record WorkerOptions(int Slots, WorkScope Scope)
{
    /// <summary>A worker that is silent for so long loses its chains.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a database that went away is waited for.</summary>
    public TimeSpan OutagePatience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>End when no chain of the scope is left to do, by anybody; else wait for more.</summary>
    public bool EndsWhenDone { get; init; }

    /// <summary>The address of the silo that it is part of; null for none.</summary>
    public string? Silo { get; init; }

    /// <summary>Through which chains are chosen for it; null when it chooses itself.</summary>
    public SlotGate? Gate { get; init; }
}
