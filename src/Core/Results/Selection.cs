using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Core.Results;

/// <summary>What an arm's choice of the image to show, and of when to stop, costs it.</summary>
public static class Selection
{
    /// <summary>
    /// Selection regret of each prompt: the share of its chains that drew a correct image and showed a wrong one
    /// (pass@N minus selected@N, for an arm that drew all N); null without a chain.
    /// </summary>
    public static double?[] Regret(ArmResults arm, int prompts)
    {
        var (missed, chains) = (new int[prompts], new int[prompts]);
        foreach (var chain in arm.Chains)
        {
            chains[chain.Prompt]++;
            missed[chain.Prompt] += !chain.Attempts[chain.Shown].Correct && chain.Attempts.Any(a => a.Correct) ? 1 : 0;
        }

        return [.. missed.Zip(chains, (m, all) => all == 0 ? (double?)null : (double)m / all)];
    }

    /// <summary>How the arm's chains stopped; null for an arm that always draws all N, or without verdicts.</summary>
    public static Stops? Stops(ArmResults arm) =>
        arm.Strategy is BestOfN { DrawsAll: true } || arm.Chains.Any(c => c.Attempts[^1].Verdict is null) ? null : new(
            arm.Chains.Count,
            arm.Chains.Count(c => c.Attempts[^1].Verdict!.Accepted),
            arm.Chains.Count(c => c.Attempts[^1] is { Verdict.Accepted: true, Correct: false }));
}

/// <param name="Accepted">Chains that ended as the judge accepted an image.</param>
/// <param name="WronglyAccepted">Those of them whose image is wrong: the judge kept them from going on.</param>
public readonly record struct Stops(int Chains, int Accepted, int WronglyAccepted);
