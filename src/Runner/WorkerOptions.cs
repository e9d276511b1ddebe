using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>What a worker takes, and how.</summary>
/// <param name="Slots">Chains worked on at once; 0 for a worker that leaves them to others.</param>
/// <param name="Scope">The chains that it may take, and the drawings that it may score.</param>
public sealed record WorkerOptions(int Slots, WorkScope Scope)
{
    /// <summary>Drawings scored at once; 0 for a worker that leaves scoring to others.</summary>
    public int ScoringSlots { get; init; } = Slots;

    /// <summary>A worker that is silent for so long loses its chains.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a database that went away is waited for.</summary>
    public TimeSpan OutagePatience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>End when nothing of the scope is left to draw or to score, by anybody; else wait for more.</summary>
    public bool EndsWhenDone { get; init; }

    /// <summary>The address of the silo that it is part of; null for none.</summary>
    public string? Silo { get; init; }

    /// <summary>Through which chains are chosen for it; null when it chooses itself.</summary>
    public SlotGate? Gate { get; init; }
}
