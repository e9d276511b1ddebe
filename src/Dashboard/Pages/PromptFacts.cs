using ReflectDiT.Eval.Analysis.Results;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>What is known of a prompt over all arms of a sweep; of finished chains alone.</summary>
/// <param name="Values">Of each arm: the mean score of what its chains show; null without a scored chain.</param>
/// <param name="Disagreements">Images that the judge accepts and the scorer does not, or the other way round.</param>
/// <param name="Difficulty">1 minus the mean score of all its images; null where none has one.</param>
/// <param name="NeverSolved">All of its images are scored and none passes.</param>
/// <param name="StoppedEarly">A chain has fewer attempts than its arm allows.</param>
public sealed record PromptFacts(
    SweepPrompt Prompt, IReadOnlyList<double?> Values, int Disagreements, double? Difficulty, bool NeverSolved, bool StoppedEarly)
{
    /// <summary>Two arms show images of different worth.</summary>
    public bool Flipped => Values.OfType<double>().Distinct().Count() > 1;

    public static IReadOnlyList<PromptFacts> Of(SweepResults results)
    {
        var values = results.Arms.Select(a => PromptScores.At(a, results.Prompts.Count, a.Strategy.MaxAttempts)).ToList();
        var chains = results.Arms.SelectMany(a => a.Chains.Select(c => (Most: a.Strategy.MaxAttempts, Chain: c))).ToLookup(c => c.Chain.Prompt);
        return
        [
            .. results.Prompts.Select(prompt =>
            {
                var attempts = chains[prompt.Index].SelectMany(c => c.Chain.Attempts).ToList();
                var scores = attempts.Select(a => a.Value).OfType<double>().ToList();
                return new PromptFacts(
                    prompt,
                    [.. values.Select(v => v[prompt.Index])],
                    attempts.Count(a => a is { Verdict: { } verdict, Passed: { } passed } && verdict.Accepted != passed),
                    scores.Count == 0 ? null : 1 - scores.Average(),
                    attempts.Count > 0 && attempts.All(a => a.Passed == false),
                    chains[prompt.Index].Any(c => c.Chain.Attempts.Count < c.Most));
            }),
        ];
    }
}
