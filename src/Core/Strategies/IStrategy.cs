using System.Text.Json.Serialization;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;

namespace ReflectDiT.Eval.Core.Strategies;

/// <summary>The rule of a chain. Pure: the same history and seeds give the same step.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(BestOfN), "best-of-n")]
[JsonDerivedType(typeof(Reflection), "reflection")]
[JsonDerivedType(typeof(BeamReflection), "beam-reflection")]
[JsonDerivedType(typeof(Recorded), "recorded")]
public interface IStrategy
{
    /// <summary>N: a chain never has more attempts.</summary>
    int MaxAttempts { get; }

    /// <summary>True when a decision uses the score. Such an arm is labelled ORACLE wherever it is shown.</summary>
    [JsonIgnore]
    bool IsOracle { get; }

    /// <summary>No attempt is conditioned on another: no context ever holds an image.</summary>
    [JsonIgnore]
    bool DrawsIndependently { get; }

    /// <summary>
    /// Every chain has N attempts, none of which depends on another: any k of them are as good as a run of k, and
    /// <see cref="Ranked"/> says which of them is shown.
    /// </summary>
    [JsonIgnore]
    bool DrawsAll => false;

    /// <summary>What to do after <paramref name="history"/>: all attempts of all steps so far, in order.</summary>
    Step Next(IReadOnlyList<PastAttempt> history, Seeds seeds);

    /// <summary>Index of the attempt that would be shown if the chain ended after <paramref name="history"/>.</summary>
    int Shown(IReadOnlyList<PastAttempt> history);

    /// <summary>
    /// Indices of attempts in the order of preference: of any of them, the first in it is shown. Only where
    /// <see cref="DrawsAll"/>.
    /// </summary>
    IReadOnlyList<int> Ranked(IReadOnlyList<PastAttempt> history) =>
        throw new InvalidOperationException($"A strategy {GetType().Name} may stop early: its attempts have no order.");
}

/// <summary>What a strategy may know of an attempt.</summary>
/// <param name="Verdict">The judge's.</param>
/// <param name="Score">The scorer's, given to oracle strategies alone; null for every other.</param>
public sealed record PastAttempt(Verdict Verdict, Score? Score = null)
{
    /// <summary>What it was conditioned on.</summary>
    public IReadOnlyList<ContextItem> Context { get; init; } = [];

    internal double JudgeScore => Verdict.Score
        ?? throw new InvalidOperationException("The strategy needs the judge's score of every attempt.");
}

/// <summary>Whose words a context item carries.</summary>
public enum FeedbackSource
{
    Judge,
    Scorer,
}

/// <summary>One past attempt that the next one is conditioned on: its image, and these words about it.</summary>
public sealed record ContextItem(int Attempt, FeedbackSource Source, string Feedback);

/// <summary>A drawing that a step asks for.</summary>
/// <param name="Context">Its parents: attempts of steps before, in the order in which the generator sees them.</param>
/// <param name="Prompt">What is drawn, where that is not the prompt itself. Judge and scorer see the prompt itself.</param>
public sealed record Proposal(IReadOnlyList<ContextItem> Context, string? Prompt = null);

/// <summary>The next step of a chain.</summary>
public abstract record Step
{
    private Step()
    {
    }

    /// <summary>
    /// Draw these, which do not know of each other; at least one. Their attempts follow those of the history in this order,
    /// and the strategy is asked again when all of them are there.
    /// </summary>
    public sealed record Draw(IReadOnlyList<Proposal> Proposals) : Step;

    /// <summary>End the chain and show attempt <paramref name="Shown"/>.</summary>
    public sealed record Stop(int Shown) : Step;
}
