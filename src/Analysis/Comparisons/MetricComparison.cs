using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>Two arms in one metric.</summary>
/// <param name="Prompts">Prompts that both arms have.</param>
/// <param name="First">The first arm's value.</param>
/// <param name="Interval">95%, of the difference: paired bootstrap over prompts.</param>
/// <param name="Discordant">b and c; null where a prompt is right in part.</param>
/// <param name="P">Two-sided; null at equal budgets, where the interval decides.</param>
/// <param name="Test">What decides.</param>
/// <param name="Detectable">
/// The smallest difference that as many prompts, differing as much as here, show with 80% power; null when there is
/// none.
/// </param>
/// <param name="Published">The published difference of the two arms, or null.</param>
/// <param name="PowerForPublished">The chance of seeing a difference as large as the published one.</param>
public sealed record MetricComparison(
    Metric Metric,
    int Prompts,
    double First,
    double Second,
    Interval Interval,
    (int OnlyFirst, int OnlySecond)? Discordant,
    double? P,
    string Test,
    double? Detectable,
    double? Published,
    double? PowerForPublished)
{
    public const string McNemarTest = "exact-mcnemar";
    public const string PermutationTest = "paired-permutation";
    public const string BootstrapTest = "paired-bootstrap-interval";

    public double Difference => First - Second;

    public bool Significant => P is { } p ? p < Comparison.Alpha : Interval.Low > 0 || Interval.High < 0;

    /// <summary>P adjusted over the tests beside it, of the categories or of several N; null for a test alone.</summary>
    public double? HolmP { get; init; }

    /// <param name="strata">The pairs, in the groups whose means are averaged; none is empty.</param>
    internal static MetricComparison Of(
        Metric metric, IReadOnlyList<PairedShares> strata, Bootstrap bootstrap, UInt128 seed, double? published)
    {
        var differences = strata.Select(s => s.Differences).ToList();
        var prompts = strata.Sum(s => s.Prompts.Count);
        var discordant = strata.Count == 1 ? strata[0].Discordant : null;
        var design = new PairedDesign(prompts, Comparison.Alpha);
        var (detectable, power) = discordant is var (b, c)
            ? Exact(design, b, c, published)
            : Normal(design, differences, published);
        return new(
            metric,
            prompts,
            strata.Average(s => s.First.Average()),
            strata.Average(s => s.Second.Average()),
            bootstrap.MeanOfMeans(differences),
            discordant,
            discordant is { } d
                ? McNemar.Exact(d.OnlyFirst, d.OnlySecond)
                : PairedPermutation.MeanOfMeans(differences, seed).P,
            discordant is null ? PermutationTest : McNemarTest,
            detectable,
            published,
            power);
    }

    private static (double? Detectable, double? Power) Exact(PairedDesign design, int b, int c, double? published)
    {
        var seen = Discordance.Of(b, c, design.Prompts).Total;
        double? power = null;
        if (published is { } effect)
        {
            // A difference needs at least as many differing prompts.
            var total = Math.Max(seen, Math.Abs(effect));
            power = design.Power(new((total + effect) / 2, (total - effect) / 2));
        }

        return (seen == 0 ? null : design.MinimalDetectableEffect(seen), power);
    }

    private static (double? Detectable, double? Power) Normal(
        PairedDesign design, List<double[]> differences, double? published)
    {
        // Of the mean of the groups' means, as if it were a mean over all prompts.
        var variance = differences.Sum(d => Variance(d) / d.Length) / (differences.Count * differences.Count);
        var deviation = Math.Sqrt(variance * design.Prompts);
        return deviation == 0
            ? (null, null)
            : (design.MinimalDetectableMean(deviation),
                published is { } effect ? design.PowerOfMean(effect, deviation) : null);
    }

    private static double Variance(double[] values)
    {
        var mean = values.Average();
        return values.Length < 2 ? 0 : values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
    }
}
