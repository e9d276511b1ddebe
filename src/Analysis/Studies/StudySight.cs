using MathNet.Numerics.Distributions;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Studies;

/// <summary>
/// The smallest net preference that so many pairs and raters show with 80% power, before anybody has voted: it depends on how
/// far raters of one pair agree, which nobody knows then. Ties are counted as none; with some, smaller preferences are seen.
/// </summary>
/// <param name="Alike">Where raters agree wholly, so that one of them says all; null where none is seen.</param>
/// <param name="Independent">Where each says something of his own.</param>
public sealed record StudySight(int Pairs, int Raters, double? Alike, double? Independent)
{
    public static StudySight Of(StudyManifest manifest) => Of(manifest.Pairs.Count, manifest.Asked.Count, manifest.Raters);

    /// <param name="asked">Pairs of different images.</param>
    public static StudySight Of(int pairs, int asked, int raters)
    {
        if (asked == 0)
        {
            return new(pairs, raters, null, null);
        }

        var (design, differing) = (new PairedDesign(pairs), (double)asked / pairs);
        var alike = design.MinimalDetectableEffect(differing);
        var (square, size) = MeanOf(raters);
        var independent = raters == 1 ? alike : design.MinimalDetectableMean(differing * square, square / size);
        return new(pairs, raters, Possible(alike), Possible(independent));

        double? Possible(double? effect) => effect <= differing ? effect : null;
    }

    /// <summary>In a sentence.</summary>
    public string Sentence => $"With {Pairs} pairs and {Raters} {(Raters == 1 ? "rater" : "raters")} "
        + (Independent, Alike) switch
        {
            (null, _) => "no net preference is seen with 80% power: take more prompts",
            ({ } low, null) => $"a net preference of {Numbers.Share(low)} is seen with 80% power if raters judge independently of each other, and none for sure",
            ({ } low, { } high) when Raters == 1 || high - low < 0.0005 => $"a net preference of {Numbers.Share(high)} or more is seen with 80% power",
            ({ } low, { } high) => $"a net preference of {Numbers.Share(high)} or more is seen with 80% power if raters agree wholly, "
                + $"of {Numbers.Share(low)} if each judges independently of the others",
        };

    /// <summary>Mean square and mean size of the mean of so many independent votes for one or the other.</summary>
    private static (double Square, double Size) MeanOf(int raters) => (
        1.0 / raters,
        Enumerable.Range(0, raters + 1).Sum(k => Binomial.PMF(0.5, raters, k) * Math.Abs((2.0 * k) - raters) / raters));
}
