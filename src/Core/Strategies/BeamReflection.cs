using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Core.Strategies;

/// <summary>
/// Reflection on several images at once (the shape of ReflectionFlow, arXiv 2504.16080): each step goes on from the
/// <paramref name="Width"/> images that the judge likes best so far, with each one's own past in context, until the judge
/// accepts one or N are drawn. Shown is the accepted image with the highest judge score, else the one with the highest.
/// </summary>
/// <param name="MaxAttempts">N: images drawn in all, over all steps.</param>
/// <param name="Width">Images a step. The last step has what is left of N.</param>
/// <param name="ContextSize">K: an image sees its parent and that one's latest ancestors, K in all.</param>
public sealed record BeamReflection(int MaxAttempts, int Width, int ContextSize) : IStrategy
{
    [JsonIgnore]
    public bool IsOracle => false;

    [JsonIgnore]
    public bool DrawsIndependently => false;

    public Step Next(IReadOnlyList<PastAttempt> history, Seeds seeds)
    {
        if (history.Count >= MaxAttempts || history.Any(a => a.Verdict.Accepted))
        {
            return new Step.Stop(Shown(history));
        }

        var room = Math.Min(Width, MaxAttempts - history.Count);
        return new Step.Draw(history.Count == 0
            ? [.. Enumerable.Repeat(new Proposal([]), room)]
            : [.. Kept(history).Take(room).Select(parent => new Proposal(Lineage(history[parent], parent)))]);
    }

    public int Shown(IReadOnlyList<PastAttempt> history) =>
        history.Best(a => a.Verdict.Accepted ? 1 + a.JudgeScore : a.JudgeScore);

    /// <summary>The judge's best so far; of equals the latest, which has more of a past to learn from.</summary>
    private IEnumerable<int> Kept(IReadOnlyList<PastAttempt> history) =>
        Enumerable.Range(0, history.Count).OrderByDescending(i => history[i].JudgeScore).ThenByDescending(i => i).Take(Width);

    /// <summary>A parent and what it went on from itself; an image of which the judge said nothing has nothing to say.</summary>
    private List<ContextItem> Lineage(PastAttempt parent, int index)
    {
        var items = parent.Context.ToList();
        if (parent.Verdict.Feedback is { Length: > 0 } feedback)
        {
            items.Add(new(index, FeedbackSource.Judge, feedback));
        }

        return [.. items.TakeLast(ContextSize)];
    }
}
