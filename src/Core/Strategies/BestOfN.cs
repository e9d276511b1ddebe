using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Core.Strategies;

/// <summary>How best-of-N chooses the image that it shows.</summary>
public enum Selector
{
    /// <summary>The published one: stop at the first accepted image, else show the last (research: eval.py <c>--no_reflection</c>).</summary>
    FirstAccept,

    /// <summary>Draw all N, show the highest acceptance score.</summary>
    JudgeScore,

    /// <summary>
    /// Draw all N, show the winner of SANA-1.5's yes/no order: yes before no; among yes the higher yes score, among no
    /// the lower no score. The same winner as a tournament of pairs.
    /// </summary>
    Pairwise,

    /// <summary>
    /// Draw all N, show the one with the highest score: the ceiling of every selector. Where all scores are 0 the last is
    /// shown, as by a run that goes on until an image passes.
    /// </summary>
    Oracle,
}

/// <summary>Draw independent images, keep the judge's choice. Ties go to the earliest attempt.</summary>
public sealed record BestOfN(int MaxAttempts, Selector Selector) : IStrategy
{
    [JsonIgnore]
    public bool IsOracle => Selector is Selector.Oracle;

    [JsonIgnore]
    public bool DrawsIndependently => true;

    [JsonIgnore]
    public bool DrawsAll => Selector is not Selector.FirstAccept;

    public Step Next(IReadOnlyList<PastAttempt> history, Seeds seeds)
    {
        var accepted = Selector is Selector.FirstAccept && history.Any(a => a.Verdict.Accepted);
        return accepted || history.Count >= MaxAttempts
            ? new Step.Stop(Shown(history))
            : new Step.Draw([.. Enumerable.Repeat(new Proposal([]), DrawsAll ? MaxAttempts - history.Count : 1)]);
    }

    public int Shown(IReadOnlyList<PastAttempt> history) => Selector switch
    {
        Selector.FirstAccept => history.FirstOr(a => a.Verdict.Accepted, history.Count - 1),
        Selector.JudgeScore => history.Best(a => a.JudgeScore),
        Selector.Pairwise => history.Best(YesNoRank),
        Selector.Oracle => history.Best(Scored) is var best && Scored(history[best]) > 0 ? best : history.Count - 1,
        _ => throw new InvalidOperationException($"Unknown selector {Selector}."),
    };

    /// <inheritdoc/>
    /// <remarks>For the oracle the order among images with a score of 0 is of no account.</remarks>
    public IReadOnlyList<int> Ranked(IReadOnlyList<PastAttempt> history)
    {
        Func<PastAttempt, double> value = Selector switch
        {
            Selector.JudgeScore => a => a.JudgeScore,
            Selector.Pairwise => YesNoRank,
            Selector.Oracle => Scored,
            _ => throw new InvalidOperationException($"Selector {Selector} stops early: its attempts have no order."),
        };

        // A stable sort: ties go to the earliest attempt.
        return [.. Enumerable.Range(0, history.Count).OrderByDescending(i => value(history[i]))];
    }

    /// <summary>Any yes ranks above any no: scores lie in 0 to 1, so a yes is at least 0 and a no at most -1.</summary>
    private static double YesNoRank(PastAttempt attempt) => attempt.Verdict.Accepted
        ? attempt.JudgeScore
        : -1 - (attempt.Verdict.NoScore ?? throw new InvalidOperationException("The selector needs the judge's no score of every attempt."));

    private static double Scored(PastAttempt attempt) => attempt.Score?.Value
        ?? throw new InvalidOperationException("The oracle selector needs the score of every attempt.");
}
