using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>Two arms in one metric.</summary>
/// <param name="Prompts">Prompts that both arms have.</param>
/// <param name="First">The first arm's value.</param>
/// <param name="Interval">95%, of the difference: what <see cref="Score"/> does not reject. It decides.</param>
/// <param name="P">Two-sided, of the test that the interval inverts.</param>
/// <param name="Discordant">b and c; null where a prompt is right in part, and at equal budgets.</param>
/// <param name="Exact">The exact test of the same pairs, which decides nothing; null at equal budgets.</param>
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
    double P,
    (int OnlyFirst, int OnlySecond)? Discordant,
    (string Test, double P)? Exact,
    double? Detectable,
    double? Published,
    double? PowerForPublished)
{
    public const string McNemarTest = "exact-mcnemar";
    public const string PermutationTest = "paired-permutation";

    public double Difference => First - Second;

    /// <summary>The test that the interval inverts, for differences other than 0.</summary>
    public required IPairedTest Score { get; init; }

    /// <summary>How many prompts the first arm does better on, and how many the second; null at equal budgets.</summary>
    public (int First, int Second)? Flips { get; private init; }

    public bool Significant => Interval.Low > 0 || Interval.High < 0;

    /// <summary>P adjusted over the tests beside it, of the categories or of several N; null for a test alone.</summary>
    public double? HolmP { get; init; }

    /// <param name="strata">The pairs, in the groups whose means are averaged; none is empty.</param>
    /// <param name="bootstrap">Of the sweep's seed.</param>
    /// <param name="anytime">By the test that holds at every look; it is for one group alone.</param>
    /// <param name="oneChain">Each prompt has one chain in each arm: McNemar's test is for no other.</param>
    internal static MetricComparison Of(
        Metric metric,
        IReadOnlyList<PairedShares> strata,
        UInt128 seed,
        Bootstrap bootstrap,
        double? published,
        bool oneChain,
        bool anytime)
    {
        var differences = strata.Select(s => s.Differences).ToList();
        var prompts = strata.Sum(s => s.Prompts.Count);
        var discordant = strata.Count == 1 && oneChain ? strata[0].Discordant : null;
        var design = new PairedDesign(prompts, Comparison.Alpha);
        var (detectable, power) = discordant is var (b, c)
            ? OfShares(design, b, c, published)
            : OfMeans(design, differences, published);
        IPairedTest score = anytime ? new AnytimeMean(differences.Single()) : PairedMean.Of(differences, bootstrap);
        return new(
            metric,
            prompts,
            Rational.Mean([.. strata.Select(s => Rational.Mean(s.First))]).ToDouble(),
            Rational.Mean([.. strata.Select(s => Rational.Mean(s.Second))]).ToDouble(),
            score.Interval,
            score.P,
            discordant,
            anytime ? null : discordant is { } d
                ? (McNemarTest, McNemar.Exact(d.OnlyFirst, d.OnlySecond))
                : (PermutationTest, PairedPermutation.MeanOfMeans(differences, seed).P),
            anytime ? null : detectable,
            published,
            anytime ? null : power)
        {
            Score = score,
            Flips = (differences.Sum(s => s.Count(d => d > 0)), differences.Sum(s => s.Count(d => d < 0))),
        };
    }

    private static (double? Detectable, double? Power) OfShares(PairedDesign design, int b, int c, double? published)
    {
        var seen = Discordance.Of(b, c, design.Prompts).Total;
        return (
            design.MinimalDetectableEffect(seen),
            published is { } effect ? design.Power(PairedDesign.WithDifference(seen, effect)) : null);
    }

    private static (double? Detectable, double? Power) OfMeans(
        PairedDesign design, List<double[]> differences, double? published)
    {
        // Of the mean of the groups' means, as if it were a mean over all prompts.
        var square = differences.Sum(d => d.Average(v => v * v) / d.Length) * design.Prompts / (differences.Count * differences.Count);
        var size = PairedDesign.SizeOf([.. differences.SelectMany(d => d)]);
        return (
            design.MinimalDetectableMean(square, size),
            published is { } effect ? design.PowerOfMean(effect, Math.Max(square, Math.Abs(effect) * Math.Max(size, Math.Abs(effect))), size) : null);
    }
}
