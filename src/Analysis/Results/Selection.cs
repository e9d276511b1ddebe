using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>
/// What an arm's choice of the image to show, and of when to stop, costs it: for each prompt a share of its chains,
/// null without a chain.
/// </summary>
public static class Selection
{
    /// <summary>
    /// Selection regret: a correct image was drawn and a wrong one shown (pass@N minus selected@N, for an arm that drew
    /// all N).
    /// </summary>
    public static double?[] Regret(ArmResults arm, int prompts) =>
        Shares(arm, prompts, c => !c.Attempts[c.Shown].Correct && c.Attempts.Any(a => a.Correct));

    /// <summary>
    /// The chain ended as the judge accepted a wrong image; null for an arm that always draws all N, or without
    /// verdicts.
    /// </summary>
    public static double?[]? WrongStops(ArmResults arm, int prompts) =>
        arm.Strategy is BestOfN { DrawsAll: true } || arm.Chains.Any(c => c.Attempts[^1].Verdict is null)
            ? null
            : Shares(arm, prompts, c => c.Attempts[^1] is { Verdict.Accepted: true, Correct: false });

    private static double?[] Shares(ArmResults arm, int prompts, Func<ChainResult, bool> has)
    {
        var shares = new double?[prompts];
        foreach (var chains in arm.ByPrompt())
        {
            shares[chains.Key] = chains.Average(c => has(c) ? 1.0 : 0);
        }

        return shares;
    }
}
