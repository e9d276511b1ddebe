using System.Text.Json.Serialization;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Core.Strategies;

/// <summary>
/// Reflect-DiT's loop: draw, judge, and draw again with up to K failed images and their feedback in context, until the
/// judge accepts or N are drawn (paper Algorithm 1; eval.py lines 239 to 313).
/// </summary>
public sealed record Reflection(int MaxAttempts, int ContextSize, ReflectionQuirks Quirks) : IStrategy
{
    [JsonIgnore]
    public bool IsOracle => Quirks.ReplayLeak;

    [JsonIgnore]
    public bool DrawsIndependently => false;

    public Step Next(IReadOnlyList<PastAttempt> history, Seeds seeds) =>
        history.Count >= MaxAttempts || history.Any(a => a.Verdict.Accepted)
            ? new Step.Stop(Shown(history))
            : new Step.Draw([new(Context(history, seeds))]);

    public int Shown(IReadOnlyList<PastAttempt> history) => history.FirstOr(
        a => a.Verdict.Accepted,
        Quirks.ShowLast ? history.Count - 1 : history.Best(a => a.JudgeScore));

    private List<ContextItem> Context(IReadOnlyList<PastAttempt> history, Seeds seeds)
    {
        var failures = history.Select(Item).Where(i => Quirks.EmptyFeedback || i.Feedback.Length > 0).ToList();
        if (failures.Count <= ContextSize)
        {
            return failures;
        }

        // The earliest image stands for all that got the same feedback.
        var distinct = failures.DistinctBy(i => i.Feedback).ToList();
        var take = Math.Min(ContextSize, distinct.Count);
        var context = Quirks.RandomContext
            ? Drawn(distinct, take, seeds.Context(history.Count))
            : distinct.TakeLast(take).ToList();
        if (Quirks.ShrinkingContext)
        {
            return context;
        }

        context.AddRange(failures.Except(context).TakeLast(ContextSize - context.Count));
        return Quirks.RandomContext ? context : [.. context.OrderBy(i => i.Attempt)];
    }

    private static List<ContextItem> Drawn(List<ContextItem> items, int take, long seed) =>
        [.. new NumpyRandom((UInt128)(ulong)seed).Choice(items.Count, take).Select(i => items[i])];

    private ContextItem Item(PastAttempt attempt, int index)
    {
        if (!Quirks.ReplayLeak)
        {
            return new(index, FeedbackSource.Judge, attempt.Verdict.Feedback!);
        }

        var score = attempt.Score
            ?? throw new InvalidOperationException("The replay leak needs the scorer's words on every attempt.");
        return new(index, FeedbackSource.Scorer, score.Feedback);
    }
}
