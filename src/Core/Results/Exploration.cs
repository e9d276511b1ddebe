using ReflectDiT.Eval.Core.Judging;

namespace ReflectDiT.Eval.Core.Results;

/// <summary>Whether an arm's chains try new things or repeat themselves.</summary>
/// <param name="Rejections">Rejected images whose feedback is known; only they count below.</param>
/// <param name="DistinctFeedbacks">Different feedbacks in a chain, summed over the chains.</param>
/// <param name="RejectedChains">Chains with a rejected image.</param>
/// <param name="NeverSolved">Prompts with chains of which no image is correct, by index.</param>
public sealed record Exploration(
    int Rejections, int DistinctFeedbacks, int RejectedChains, IReadOnlyList<int> NeverSolved)
{
    /// <summary>Mean number of different feedbacks in a chain with any; null when nothing was rejected.</summary>
    public double? DistinctPerChain => RejectedChains == 0 ? null : (double)DistinctFeedbacks / RejectedChains;

    /// <summary>
    /// Share of the rejections that could have been new and had the same feedback as one before in their chain; null
    /// when no chain had two.
    /// </summary>
    public double? Repeated =>
        Rejections == RejectedChains ? null : (double)(Rejections - DistinctFeedbacks) / (Rejections - RejectedChains);

    public static Exploration Of(ArmResults arm)
    {
        var feedbacks = arm.Chains
            .Select(c => c.Attempts.Select(a => a.Verdict).OfType<Verdict>()
                .Where(v => !v.Accepted && v.Feedback is not null).Select(v => v.Feedback).ToList())
            .Where(f => f.Count > 0).ToList();
        return new(
            feedbacks.Sum(f => f.Count),
            feedbacks.Sum(f => f.Distinct().Count()),
            feedbacks.Count,
            [
                .. arm.Chains.GroupBy(c => c.Prompt).Where(g => !g.Any(c => c.Attempts.Any(a => a.Correct)))
                    .Select(g => g.Key).Order(),
            ]);
    }
}
