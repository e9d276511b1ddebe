using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>An arm's value for each prompt: the prompt is the unit of every interval.</summary>
public static class PromptScores
{
    /// <summary>
    /// For each prompt the mean over its replicates of the score of the image shown after at most <paramref name="n"/> tries
    /// (analysis.py lines 72 to 98: a chain that stopped earlier keeps its last record); null without a scored chain.
    /// </summary>
    public static double?[] At(ArmResults arm, int prompts, int n) => [.. Exact(arm, prompts, n).Select(v => v?.ToDouble())];

    /// <summary>The same as exact fractions, so that arms which show equally good images are equal.</summary>
    public static Rational?[] Exact(ArmResults arm, int prompts, int n)
    {
        var (sums, chains) = (new Rational[prompts], new int[prompts]);
        foreach (var chain in arm.Chains)
        {
            if (chain.Attempts[Shown(arm.Strategy, chain, n)].Value is { } value)
            {
                chains[chain.Prompt]++;
                sums[chain.Prompt] += value;
            }
        }

        return [.. sums.Zip(chains, (s, all) => all == 0 ? (Rational?)null : s / all)];
    }

    /// <summary>The attempt that the chain would have shown had it ended after <paramref name="n"/>.</summary>
    public static int Shown(IStrategy strategy, ChainResult chain, int n)
    {
        if (n >= chain.Attempts.Count)
        {
            return chain.Shown;
        }

        if (chain.Attempts[n - 1].ShownAfter is { } recorded)
        {
            return recorded;
        }

        if (chain.Attempts.Take(n).Any(a => a.Verdict is null))
        {
            return n - 1; // Without a verdict nothing is known to have been chosen: analysis.py takes the last.
        }

        return strategy.Shown(History(strategy, chain, n));
    }

    /// <summary>The attempts of a whole chain that its strategy likes best, best first; fewer where it has fewer.</summary>
    /// <exception cref="InvalidOperationException">Not all attempts are drawn whatever the judge says: they have no order.</exception>
    public static IEnumerable<int> Best(IStrategy strategy, ChainResult chain, int most) =>
        strategy.Ranked(History(strategy, chain, chain.Attempts.Count)).Take(most);

    /// <summary>The first attempts of a chain, all judged, as its strategy saw them to decide what is shown.</summary>
    /// <remarks>The scorer's words are no part of that decision.</remarks>
    internal static List<PastAttempt> History(IStrategy strategy, ChainResult chain, int n) =>
    [
        .. chain.Attempts.Take(n).Select(a => new PastAttempt(
            a.Verdict!, strategy.IsOracle && (a.DecidingValue ?? a.Value) is { } value ? new Score(value, Passed: null, Reason: null, Evidence: null) : null)),
    ];
}
