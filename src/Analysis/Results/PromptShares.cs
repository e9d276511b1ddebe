using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>An arm's value for each prompt: the prompt is the unit of every interval.</summary>
public static class PromptShares
{
    /// <summary>
    /// For each prompt the share of its replicates whose image shown after at most <paramref name="n"/> tries is
    /// correct (analysis.py lines 72 to 98: a chain that stopped earlier keeps its last record); null without a chain.
    /// </summary>
    public static double?[] At(ArmResults arm, int prompts, int n)
    {
        var (correct, chains) = (new int[prompts], new int[prompts]);
        foreach (var chain in arm.Chains)
        {
            chains[chain.Prompt]++;
            correct[chain.Prompt] += chain.Attempts[Shown(arm.Strategy, chain, n)].Correct ? 1 : 0;
        }

        return [.. correct.Zip(chains, (c, all) => all == 0 ? (double?)null : (double)c / all)];
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

    /// <summary>The first attempts of a chain, all judged, as its strategy saw them to decide what is shown.</summary>
    /// <remarks>The scorer's words are no part of that decision.</remarks>
    internal static List<PastAttempt> History(IStrategy strategy, ChainResult chain, int n) =>
    [
        .. chain.Attempts.Take(n)
            .Select(a => new PastAttempt(a.Verdict!, strategy.IsOracle ? new ScorerOpinion(a.Correct, "") : null)),
    ];
}
