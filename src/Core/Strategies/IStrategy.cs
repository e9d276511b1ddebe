using System.Text.Json.Serialization;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;

namespace ReflectDiT.Eval.Core.Strategies;

/// <summary>The rule of a chain. Pure: the same history and seeds give the same step.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(BestOfN), "best-of-n")]
[JsonDerivedType(typeof(Reflection), "reflection")]
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

    /// <summary>What to do after <paramref name="history"/> (all attempts so far, in order).</summary>
    Step Next(IReadOnlyList<PastAttempt> history, Seeds seeds);

    /// <summary>Index of the attempt that would be shown if the chain ended after <paramref name="history"/>.</summary>
    int Shown(IReadOnlyList<PastAttempt> history);
}

/// <summary>What a strategy may know of an attempt.</summary>
/// <param name="Verdict">The judge's.</param>
/// <param name="Score">The scorer's, given to oracle strategies alone; null for every other.</param>
public sealed record PastAttempt(Verdict Verdict, Score? Score = null);

/// <summary>Whose words a context item carries.</summary>
public enum FeedbackSource
{
    Judge,
    Scorer,
}

/// <summary>One past attempt that the next one is conditioned on: its image, and these words about it.</summary>
public sealed record ContextItem(int Attempt, FeedbackSource Source, string Feedback);

/// <summary>The next step of a chain.</summary>
public abstract record Step
{
    private Step()
    {
    }

    /// <summary>Draw another attempt, conditioned on <paramref name="Context"/> in this order.</summary>
    public sealed record Draw(IReadOnlyList<ContextItem> Context) : Step;

    /// <summary>End the chain and show attempt <paramref name="Shown"/>.</summary>
    public sealed record Stop(int Shown) : Step;
}
