using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Ledger;

/// <summary>What a sweep puts into the ledger before its first attempt.</summary>
/// <param name="Configuration">Resolved, canonical JSON; <see cref="Id"/> is its hash.</param>
/// <param name="Calls">How patient to be with models, as JSON: no part of the identity, the newest counts.</param>
/// <param name="Models">That it speaks of, each once; none where it was run elsewhere.</param>
public sealed record SweepPlan(
    string Name,
    string Configuration,
    string Calls,
    long Seed,
    int Replicates,
    IReadOnlyList<BenchmarkPrompt> Prompts,
    IReadOnlyList<PlannedArm> Arms,
    PlannedScorer? Scorer,
    IReadOnlyList<NamedModel> Models)
{
    public Guid Id => Identity.Of(Configuration);
}

public sealed record PlannedArm(string Name, int MaxAttempts, bool Simulated, bool Oracle, string? Published);

/// <param name="Configuration">Canonical JSON of all that its scores depend on.</param>
public sealed record PlannedScorer(string Name, string Configuration)
{
    public Guid Id => Identity.Of($"{Name}\n{Configuration}");

    /// <summary>The sweep's own; null for one whose images are not scored.</summary>
    public static PlannedScorer? Of(SweepConfiguration configuration) => configuration.Scorer is { } scorer
        ? new(configuration.Benchmark.Kind, scorer.ToJson())
        : null;
}

/// <summary>A chain that may be written to with <paramref name="Epoch"/>, and what it holds already.</summary>
public sealed record OpenChain(
    Guid Id, Guid Sweep, int Arm, int Prompt, int Replicate, int Epoch, IReadOnlyList<StoredAttempt> History);

/// <summary>An attempt as it stands in the ledger.</summary>
/// <param name="Score">Without its evidence; null where images are not scored.</param>
public sealed record StoredAttempt(int Index, byte[] Image, Verdict Verdict, Score? Score);
