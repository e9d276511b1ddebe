using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Planning;

/// <summary>From some prompts to all of them.</summary>
internal static class SweepTotal
{
    /// <summary>
    /// The sum over all prompts, estimated from those that have a value, with the interval of a bootstrap over
    /// prompts. Where every category has at least two, each stands for its own category. Null without a value.
    /// </summary>
    public static Estimate? Of(double?[] values, IReadOnlyList<SweepPrompt> prompts, Bootstrap bootstrap)
    {
        var categories = prompts.GroupBy(p => p.Stratum)
            .Select(g => (All: g.Count(), Known: g.Select(p => values[p.Index]).OfType<double>().ToArray())).ToList();
        var known = categories.SelectMany(c => c.Known).ToArray();
        if (known.Length == 0)
        {
            return null;
        }

        // The mean of the groups' means, scaled so that it is the total.
        IReadOnlyList<double[]> strata = categories.TrueForAll(c => c.Known.Length >= 2)
            ? [.. categories.Select(c => Array.ConvertAll(c.Known, v => v * c.All * categories.Count))]
            : [Array.ConvertAll(known, v => v * prompts.Count)];
        return new(strata.Average(s => s.Average()), bootstrap.MeanOfMeans(strata));
    }
}
