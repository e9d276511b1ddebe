using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>What an input says of one image; null is what it does not say.</summary>
/// <param name="File">The file that holds the record.</param>
/// <param name="Line">Its line, from 1, where a file holds many.</param>
/// <param name="Index">Of the attempt in its chain.</param>
/// <param name="Score">Null where the images were not scored.</param>
public sealed record RecordedAttempt(string File, int? Line, string Prompt, int Replicate, int Index, Score? Score)
{
    public string? Tag { get; init; }

    public Verdict? Verdict { get; init; }

    public string? JudgeText { get; init; }

    /// <summary>
    /// The scorer's reason in words, as the released code keeps it beside the judge's (<c>text_feedback</c>).
    /// </summary>
    public string? ScorerWords { get; init; }

    public long? Seed { get; init; }

    public int? ShownAfter { get; init; }

    public AttemptCosts Costs { get; init; } = new(null, null, null, null, null);

    /// <summary>What the attempt was conditioned on.</summary>
    public IReadOnlyList<RecordedContext>? Context { get; init; }

    /// <summary>Null where the input does not have it.</summary>
    public RecordedImage? Image { get; init; }

    public bool Simulated { get; init; }

    /// <summary>A rule of the arm used the scorer's verdict.</summary>
    public bool UsesScorer { get; init; }

    /// <summary>The judge of the arm scored its images too.</summary>
    public bool SelfScored { get; init; }

    /// <summary>The arm showed the leak where it was exported from.</summary>
    public bool Leaked { get; init; }
}

/// <summary>An earlier attempt of the chain in a context.</summary>
/// <param name="Words">
/// The feedback that was given with it; null where only <paramref name="Source"/> is recorded.
/// </param>
/// <param name="Source">Whose words; null where only <paramref name="Words"/> are recorded.</param>
public sealed record RecordedContext(int Attempt, string? Words, FeedbackSource? Source);

/// <summary>An attempt that the input has, and that cannot be read.</summary>
public sealed record BrokenAttempt(string Prompt, int Replicate, int Index, string Reason);
