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

    /// <summary>Every chain has N attempts, none of which depends on another: any k of them are as good as a run of k.</summary>
    [JsonIgnore]
    public bool DrawsAll => Selector is not Selector.FirstAccept;

    public Step Next(IReadOnlyList<PastAttempt> history, Seeds seeds)
    {
        var accepted = Selector is Selector.FirstAccept && history.Any(a => a.Verdict.Accepted);
        return accepted || history.Count >= MaxAttempts ? new Step.Stop(Shown(history)) : new Step.Draw([]);
    }

    public int Shown(IReadOnlyList<PastAttempt> history) => Selector switch
    {
        Selector.FirstAccept => history.FirstOr(a => a.Verdict.Accepted, history.Count - 1),
        Selector.JudgeScore => history.Best(a => Known(a.Verdict.Score)),
        Selector.Pairwise => history.Best(YesNoRank),
        Selector.Oracle => history.Best(Scored) is var best && Scored(history[best]) > 0 ? best : history.Count - 1,
        _ => throw new InvalidOperationException($"Unknown selector {Selector}."),
    };

    /// <summary>
    /// Indices of attempts in the order of preference: of any of them, the first in it is shown. For the oracle the
    /// order among images with a score of 0 is of no account. Only for a selector that draws all N.
    /// </summary>
    public IReadOnlyList<int> Ranked(IReadOnlyList<PastAttempt> history)
    {
        Func<PastAttempt, double> value = Selector switch
        {
            Selector.JudgeScore => a => Known(a.Verdict.Score),
            Selector.Pairwise => YesNoRank,
            Selector.Oracle => Scored,
            _ => throw new InvalidOperationException($"Selector {Selector} stops early: its attempts have no order."),
        };

        // A stable sort: ties go to the earliest attempt.
        return [.. Enumerable.Range(0, history.Count).OrderByDescending(i => value(history[i]))];
    }

    /// <summary>Any yes ranks above any no: scores lie in 0 to 1, so a yes is at least 0 and a no at most -1.</summary>
    private static double YesNoRank(PastAttempt attempt) =>
        attempt.Verdict is { Accepted: true } yes ? Known(yes.Score) : -1 - Known(attempt.Verdict.NoScore);

    private static double Known(double? score) =>
        score ?? throw new InvalidOperationException("The selector needs the judge's score of every attempt.");

    private static double Scored(PastAttempt attempt) => attempt.Score?.Value
        ?? throw new InvalidOperationException("The oracle selector needs the score of every attempt.");
}

/// <summary>Choices among the attempts of a chain.</summary>
internal static class Attempts
{
    /// <summary>Index of the first attempt with a property, else <paramref name="otherwise"/>.</summary>
    public static int FirstOr(this IReadOnlyList<PastAttempt> history, Func<PastAttempt, bool> has, int otherwise)
    {
        for (var i = 0; i < history.Count; i++)
        {
            if (has(history[i]))
            {
                return i;
            }
        }

        return otherwise;
    }

    /// <summary>Index of the highest value; the earliest of equals.</summary>
    public static int Best(this IReadOnlyList<PastAttempt> history, Func<PastAttempt, double> value)
    {
        var best = 0;
        for (var i = 1; i < history.Count; i++)
        {
            if (value(history[i]) > value(history[best]))
            {
                best = i;
            }
        }

        return best;
    }
}
