namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>
/// What an arm's choice of the image to show, and of when to stop, costs it: for each prompt the mean over its chains,
/// null without one.
/// </summary>
public static class Selection
{
    /// <summary>
    /// Selection regret: by how much the best image drawn is better than the one shown. Of shares, that one that passes was
    /// drawn and another shown (pass@N minus selected@N, for an arm that drew all N).
    /// </summary>
    public static double?[] Regret(ArmResults arm, int prompts) =>
        Means(arm, prompts, c => c.Attempts.Max(a => a.Value) - c.Attempts[c.Shown].Value);

    /// <summary>
    /// The chain shows an image that the judge accepted and that does not pass; null for an arm that always draws all N,
    /// without verdicts, or where it is not known what passes.
    /// </summary>
    public static double?[]? FailStops(ArmResults arm, int prompts) =>
        arm.Strategy.DrawsAll || arm.Chains.Any(c => c.Attempts[c.Shown] is { Verdict: null } or { Passed: null })
            ? null
            : Means(arm, prompts, c => c.Attempts[c.Shown] is { Verdict.Accepted: true, Passed: false } ? 1 : 0);

    private static double?[] Means(ArmResults arm, int prompts, Func<ChainResult, double?> value)
    {
        var means = new double?[prompts];
        foreach (var chains in arm.ByPrompt())
        {
            means[chains.Key] = chains.Average(value);
        }

        return means;
    }
}
