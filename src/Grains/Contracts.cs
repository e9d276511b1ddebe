using Orleans.Concurrency;
using Orleans.Services;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Grains;

/// <summary>One chain at work. Its key is a <see cref="PromptKey"/>.</summary>
public interface IPromptGrain : IGrainWithStringKey
{
    /// <summary>Takes a slot of this silo; its worker claims the chain and begins, or lets go of the slot.</summary>
    /// <returns>False when no slot is free here.</returns>
    Task<bool> StartAsync();
}

/// <summary>One sweep: feeds its chains, and its drawings without a score, to silos with free slots. Its key is the sweep's id.</summary>
public interface ISweepGrain : IGrainWithGuidKey
{
    /// <summary>There may be work, or room for it. Safe to say at any time.</summary>
    [OneWay]
    Task FeedAsync();

    Task<SweepProgress> ProgressAsync();

    /// <summary>Chains are given back after the attempt in flight; what is recorded stays.</summary>
    Task PauseAsync();

    Task ResumeAsync();

    Task CancelAsync();

    /// <summary>Where one chain stands.</summary>
    /// <exception cref="KeyNotFoundException">The sweep has no such chain.</exception>
    Task<PromptState> PromptAsync(string arm, int prompt, int replicate);
}

/// <summary>The silos of the cluster; any key.</summary>
public interface IClusterGrain : IGrainWithIntegerKey
{
    /// <summary>Every active silo that answers, also those without slots.</summary>
    Task<IReadOnlyList<SiloSlots>> SlotsAsync();
}

/// <summary>Speaks for one silo's slots.</summary>
public interface ISlotService : IGrainService
{
    Task<SiloSlots> SlotsAsync();

    /// <summary>Leaves drawings of a sweep to the silo's worker, which claims and scores up to so many.</summary>
    Task ScoreAsync(Guid sweep, int most);
}

/// <summary>The slots of a silo.</summary>
/// <param name="ScoringSlots">Drawings that it scores at once.</param>
/// <param name="Arms">The names of the arms that it serves; null for all.</param>
/// <param name="Role">The chains that it takes; null for all.</param>
/// <param name="Worker">Its number as a worker in the ledger; null while it has none.</param>
/// <param name="Parked">What it cannot run.</param>
[GenerateSerializer, Immutable]
public sealed record SiloSlots(
    SiloAddress Silo, string Name, int Slots, int Free, int ScoringSlots, IReadOnlyList<string>? Arms, ChainRole? Role, int? Worker, IReadOnlyList<Parked> Parked);

/// <summary>What a silo leaves to others: see <see cref="ParkedWork"/>.</summary>
[GenerateSerializer, Immutable]
public sealed record Parked(Guid Sweep, int? Arm, Guid? Scorer);

/// <summary>How far a sweep is.</summary>
/// <param name="State">running, paused or cancelled.</param>
/// <param name="Working">Chains at work.</param>
/// <param name="Unscored">Drawings that wait for a score, or are being scored.</param>
/// <param name="ScoringFailed">Drawings that could not be scored.</param>
[GenerateSerializer, Immutable]
public sealed record SweepProgress(string State, int Chains, int Done, int Failed, int Working, int Unscored, int ScoringFailed);

/// <summary>Where one chain stands.</summary>
/// <param name="State">open, done or failed.</param>
/// <param name="Shown">The attempt that it shows, when it is done.</param>
/// <param name="Silo">Who works on it: a silo, or another worker; null when nobody does.</param>
[GenerateSerializer, Immutable]
public sealed record PromptState(string State, int Attempts, int? Shown, string? Failure, string? Silo);
