using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>Two arms over the prompts that both have; see <see cref="PromptScores"/>.</summary>
/// <param name="Prompts">Indices into <see cref="SweepResults.Prompts"/>, ascending.</param>
public sealed record PairedShares(IReadOnlyList<int> Prompts, Rational[] First, Rational[] Second)
{
    /// <summary>First minus second, prompt by prompt: 0 where and only where they are equal.</summary>
    public double[] Differences { get; } = [.. First.Zip(Second, (a, b) => (a - b).ToDouble())];

    /// <summary>
    /// b and c: the prompts where one arm alone passes. Null when a prompt counts in part, where
    /// the permutation test takes the place of McNemar's.
    /// </summary>
    public (int OnlyFirst, int OnlySecond)? Discordant => First.Concat(Second).All(s => s == 0 || s == 1)
        ? (Differences.Count(d => d > 0), Differences.Count(d => d < 0))
        : null;

    public static PairedShares Of(Rational?[] first, Rational?[] second)
    {
        int[] both = [.. Enumerable.Range(0, first.Length).Where(p => first[p] is not null && second[p] is not null)];
        return new(both, [.. both.Select(p => first[p]!.Value)], [.. both.Select(p => second[p]!.Value)]);
    }

    /// <summary>The pairs of the prompts that <paramref name="covers"/> takes, by index.</summary>
    public PairedShares Where(Func<int, bool> covers)
    {
        int[] kept = [.. Enumerable.Range(0, Prompts.Count).Where(i => covers(Prompts[i]))];
        return new(
            [.. kept.Select(i => Prompts[i])], [.. kept.Select(i => First[i])], [.. kept.Select(i => Second[i])]);
    }
}
