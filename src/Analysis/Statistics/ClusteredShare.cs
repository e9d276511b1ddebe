using MathNet.Numerics.Distributions;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// A share of what prompts have several of, such as images: those of one prompt are alike. Its 95% interval is Clopper and
/// Pearson's for as many independent ones as would vary like these do from prompt to prompt (Korn and Graubard 1998), so that
/// it has a width also where all are alike.
/// </summary>
public static class ClusteredShare
{
    /// <summary>Null where there is nothing to take a share of.</summary>
    /// <param name="hits">Of each prompt, at most as many as it counts.</param>
    public static Estimate? Of(IReadOnlyList<double> hits, IReadOnlyList<double> counts)
    {
        List<(double Hits, double Count)> prompts = [.. hits.Zip(counts).Where(p => p.Second > 0)];
        if (prompts.Count == 0)
        {
            return null;
        }

        var share = prompts.Sum(p => p.Hits) / prompts.Sum(p => p.Count);
        var count = EffectiveCount(prompts, share);
        return new(share, ClopperPearson.Share(share * count, count));
    }

    private static double EffectiveCount(List<(double Hits, double Count)> prompts, double share)
    {
        if (share is 0 or 1 || prompts.Count == 1)
        {
            return prompts.Count; // How alike those of one prompt are is not known: at worst one speaks for all.
        }

        var (all, clusters) = (prompts.Sum(p => p.Count), (double)prompts.Count);
        var squares = prompts.Sum(p => Math.Pow(p.Hits - (share * p.Count), 2)) * clusters / (clusters - 1);
        var independent = Math.Min(all, share * (1 - share) * all * all / squares);
        return Math.Max(1, independent * Math.Pow(Quantile(all) / Quantile(clusters), 2));
    }

    /// <summary>Of Student's t: the variance is itself estimated from so many.</summary>
    private static double Quantile(double count) => StudentT.InvCDF(0, 1, count - 1, 0.975);
}
