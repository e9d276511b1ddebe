using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Judging;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>Whether an arm's chains try new things or repeat themselves. Only feedback that is known counts.</summary>
/// <param name="Distinct">Different feedbacks in a chain with any; null when nothing was rejected.</param>
/// <param name="Repeated">
/// Share of the rejections that could have been new and had the same feedback as one before in their chain; null when
/// no chain had two.
/// </param>
public sealed record Exploration(Estimate? Distinct, Estimate? Repeated)
{
    /// <param name="covers">The prompts to look at, by index; null for all.</param>
    public static Exploration Of(ArmResults arm, Func<int, bool>? covers = null)
    {
        var prompts = arm.ByPrompt(covers)
            .Select(g => g.Select(Feedbacks).Where(f => f.Count > 0).ToList())
            .ToList();
        double[] rejected = [.. prompts.Select(chains => (double)chains.Sum(f => f.Count))];
        double[] distinct = [.. prompts.Select(chains => (double)chains.Sum(f => f.Distinct().Count()))];
        double[] chains = [.. prompts.Select(chains => (double)chains.Count)];

        // Beyond the first of a chain, as a share of as many more as there can be.
        var more = arm.Strategy.MaxAttempts - 1;
        var further = ClusteredShare.Of(Less(distinct, chains), [.. chains.Select(c => c * more)]);
        return new(
            further is { } share
                ? new(1 + (share.Value * more), new(1 + (share.Interval.Low * more), 1 + (share.Interval.High * more)))
                : null,
            ClusteredShare.Of(Less(rejected, distinct), Less(rejected, chains)));

        static double[] Less(double[] all, double[] less) => [.. all.Zip(less, (a, b) => a - b)];
    }

    /// <summary>For each prompt 1 if no image of its chains passes, else 0; null without a chain, or where that is not known.</summary>
    public static double?[] NeverSolved(ArmResults arm, int prompts)
    {
        var never = new double?[prompts];
        foreach (var chains in arm.ByPrompt().Where(g => g.All(c => c.Attempts.All(a => a.Passed is not null))))
        {
            never[chains.Key] = chains.Any(c => c.Attempts.Any(a => a.Passed == true)) ? 0 : 1;
        }

        return never;
    }

    private static List<string> Feedbacks(ChainResult chain) =>
    [
        .. chain.Attempts.Select(a => a.Verdict).OfType<Verdict>().Where(v => !v.Accepted)
            .Select(v => v.Feedback).OfType<string>(),
    ];
}
