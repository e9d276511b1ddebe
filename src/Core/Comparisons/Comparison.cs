using ReflectDiT.Eval.Core.GenEval;
using ReflectDiT.Eval.Core.Published;
using ReflectDiT.Eval.Core.Reports;
using ReflectDiT.Eval.Core.Results;
using ReflectDiT.Eval.Core.Statistics;

namespace ReflectDiT.Eval.Core.Comparisons;

/// <summary>Two arms, prompt by prompt.</summary>
/// <param name="Metric">What the verdict is about.</param>
/// <param name="Attempts">At how many attempts each arm is looked at.</param>
/// <param name="Rows">One a metric, in the order of <see cref="Metric.All"/>; a category without prompts is left out.</param>
/// <param name="Differing">The prompts of <paramref name="Metric"/> where the arms differ, the first arm's gains first.</param>
public sealed record Comparison(
    ComparedArm First,
    ComparedArm Second,
    Metric Metric,
    (int First, int Second) Attempts,
    IReadOnlyList<MetricComparison> Rows,
    IReadOnlyList<DifferingPrompt> Differing)
{
    /// <summary>The level of the test that decides.</summary>
    public const double Alpha = 0.05;

    public MetricComparison Decisive => Rows.Single(r => r.Metric == Metric);

    public Outcome Outcome => Decisive.P >= Alpha ? Outcome.Inconclusive
        : Decisive.Difference > 0 ? Outcome.Better
        : Outcome.Worse;

    /// <param name="at">Attempts of both; null for all that each arm has.</param>
    /// <param name="published">For the power to see the published difference of the two, where both have one.</param>
    /// <exception cref="ArgumentException">There is nothing to compare.</exception>
    public static Comparison Of(
        ComparedArm first, ComparedArm second, Metric metric, int? at, PublishedNumbers published)
    {
        var attempts = (First: AttemptsOf(first, at), Second: AttemptsOf(second, at));
        var pairs = PairedShares.Of(
            PromptShares.At(first.Arm, first.Sweep.Prompts.Count, attempts.First),
            Aligned(PromptShares.At(second.Arm, second.Sweep.Prompts.Count, attempts.Second), first, second));
        var prompts = first.Sweep.Prompts;
        var seed = (UInt128)(ulong)first.Sweep.Seed;
        var bootstrap = new Bootstrap(seed);
        MetricComparison[] rows =
        [
            .. Metric.All
                .Select(m => (Metric: m, Strata: Strata(pairs, prompts, m)))
                .Where(m => m.Strata.All(s => s.Prompts.Count > 0))
                .Select(m => MetricComparison.Of(
                    m.Metric,
                    m.Strata,
                    bootstrap,
                    seed,
                    published.Arm(first.Arm.Published)?.Value(attempts.First, m.Metric)?.Value
                        - published.Arm(second.Arm.Published)?.Value(attempts.Second, m.Metric)?.Value)),
        ];
        if (!rows.Any(r => r.Metric == metric))
        {
            throw new ArgumentException($"The arms share no prompt of '{metric.Id}': there is nothing to compare.");
        }

        var covered = pairs.Where(p => metric.Covers(prompts[p].Tag));
        return new(first, second, metric, attempts, WithHolm(rows), [.. Differences(covered, prompts)]);
    }

    private static int AttemptsOf(ComparedArm arm, int? at) => at is null ? arm.Arm.Strategy.MaxAttempts
        : at <= arm.Arm.Strategy.MaxAttempts ? at.Value
        : throw new ArgumentException(
            $"{arm.Arm.Label} has at most {arm.Arm.Strategy.MaxAttempts} attempts: it has no value at {at}.");

    /// <summary>The second arm's values in the order of the first arm's prompts.</summary>
    private static double?[] Aligned(double?[] values, ComparedArm first, ComparedArm second)
    {
        var index = new Dictionary<(string, string), int>();
        foreach (var prompt in second.Sweep.Prompts)
        {
            index.TryAdd((prompt.Tag, prompt.Prompt), prompt.Index);
        }

        return
        [
            .. first.Sweep.Prompts.Select(p => index.TryGetValue((p.Tag, p.Prompt), out var at) ? values[at] : null),
        ];
    }

    private static IReadOnlyList<PairedShares> Strata(
        PairedShares pairs, IReadOnlyList<PromptRow> prompts, Metric metric) => metric == Metric.MeanOverCategories
        ? [.. Categories.All.Select(c => pairs.Where(p => prompts[p].Tag == c))]
        : [pairs.Where(p => metric.Covers(prompts[p].Tag))];

    private static IEnumerable<DifferingPrompt> Differences(PairedShares pairs, IReadOnlyList<PromptRow> prompts) =>
        Enumerable.Range(0, pairs.Prompts.Count)
            .Where(i => pairs.Differences[i] != 0)
            .OrderByDescending(i => pairs.Differences[i])
            .ThenBy(i => pairs.Prompts[i])
            .Select(i => new DifferingPrompt(prompts[pairs.Prompts[i]], pairs.First[i], pairs.Second[i]));

    private static MetricComparison[] WithHolm(MetricComparison[] rows)
    {
        var categories = Enumerable.Range(0, rows.Length).Where(i => rows[i].Metric.Category is not null).ToList();
        foreach (var (row, p) in categories.Zip(Holm.Adjust([.. categories.Select(i => rows[i].P)])))
        {
            rows[row] = rows[row] with { HolmP = p };
        }

        return rows;
    }
}

/// <summary>What a comparison says of its first arm.</summary>
public enum Outcome
{
    Better,
    Worse,
    Inconclusive,
}

/// <summary>A prompt that the two arms do not get right alike.</summary>
/// <param name="Prompt">As in the first arm's sweep.</param>
/// <param name="First">The first arm's share of correct shown images.</param>
public sealed record DifferingPrompt(PromptRow Prompt, double First, double Second);
