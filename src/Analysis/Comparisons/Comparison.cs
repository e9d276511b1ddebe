using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>Two arms, prompt by prompt.</summary>
/// <param name="Metric">What the verdict is about.</param>
/// <param name="Rows">One a metric, in the order of the benchmark; an empty category has none.</param>
/// <param name="Differing">
/// The prompts of <paramref name="Metric"/> where the arms differ, the first arm's gains first; none at equal budgets,
/// which lie between two N.
/// </param>
public sealed record Comparison(
    ComparedArm First,
    ComparedArm Second,
    Metric Metric,
    ComparisonPoint At,
    IReadOnlyList<MetricComparison> Rows,
    IReadOnlyList<DifferingPrompt> Differing)
{
    /// <summary>The level of the test that the 95% interval inverts.</summary>
    public const double Alpha = 0.05;

    /// <summary>
    /// The metric at each N, ascending, where several are tested: there p is adjusted over them. The last is the
    /// decisive one.
    /// </summary>
    public IReadOnlyList<(int N, MetricComparison Row)> ByN { get; private init; } = [];

    /// <summary>At equal budgets: what each arm needs to show what both of them show there.</summary>
    public ReachedShare? Reached { get; init; }

    /// <summary>The interval and p hold at every look at an unfinished sweep at once.</summary>
    public bool Anytime { get; private init; }

    /// <summary>
    /// Whether the difference depends on the category; null where some category has no prompt, at every look, and at equal
    /// budgets, which each category spends in its own way.
    /// </summary>
    public Heterogeneity? Interaction { get; private init; }

    /// <summary>The metrics as people would score them; empty without labels of theirs.</summary>
    public IReadOnlyList<LabelledMetric> Labelled { get; init; } = [];

    /// <summary>Metrics that have no row, and why.</summary>
    public IReadOnlyList<(Metric Metric, string Reason)> Absent { get; init; } = [];

    /// <summary>For a budget in money.</summary>
    public Prices? Prices { get; private init; }

    public MetricComparison Decisive => Rows.Single(r => r.Metric == Metric);

    /// <summary>
    /// The difference where every missing chain speaks against the first arm, and where every one speaks for it; null where none is
    /// missing, and at equal budgets, where their costs are missing too.
    /// </summary>
    public Interval? WorstCase { get; private init; }

    /// <summary>A difference of less than this does not matter; null where none was named.</summary>
    public double? Margin { get; init; }

    /// <summary>
    /// By where the interval lies: within the margin (two one-sided tests, Schuirmann 1987), beside 0, or above minus the margin.
    /// </summary>
    public Outcome Outcome => Decisive.Interval switch
    {
        var (low, high) when low > -Margin && high < Margin => Outcome.Equivalent,
        ( > 0, _) => Outcome.Better,
        (_, < 0) => Outcome.Worse,
        var (low, _) when low > -Margin => Outcome.NotWorse,
        _ => Outcome.Inconclusive,
    };

    /// <summary>
    /// Two-sided p of the difference that the outcome excludes: the margin (the larger p of its two sides), or else 0.
    /// </summary>
    public double P => Outcome switch
    {
        Outcome.Equivalent => Math.Max(Decisive.Score.PFor(-Margin!.Value), Decisive.Score.PFor(Margin.Value)),
        Outcome.NotWorse => Decisive.Score.PFor(-Margin!.Value),
        _ => Decisive.P,
    };

    /// <param name="prices">Needed for a budget in money alone.</param>
    /// <param name="bootstrap">To share its draws with other comparisons of the sweep; by default one of its own.</param>
    /// <exception cref="ArgumentException">There is nothing to compare.</exception>
    public static Comparison Of(
        ComparedArm first,
        ComparedArm second,
        Metric metric,
        ComparisonPoint at,
        Prices? prices = null,
        bool anytime = false,
        Bootstrap? bootstrap = null)
    {
        if (new[] { first, second }.FirstOrDefault(a => a.Sweep.Scorer is null) is { } unscored)
        {
            throw new ArgumentException(unscored.Sweep.Unscored);
        }

        if (anytime && (at is ComparisonPoint.Budget || metric == Metric.MeanOverCategories))
        {
            throw new ArgumentException("At every look there is a test of a mean over prompts alone: neither at a budget nor over categories.");
        }

        bootstrap ??= new((ulong)first.Sweep.Seed);
        var comparison = at is ComparisonPoint.Budget budget
            ? new BudgetComparison(first, second, budget, prices, bootstrap).Compare(metric)
            : AtAttempts(first, second, metric, at, anytime, bootstrap);
        return comparison.Rows.Any(r => r.Metric == metric)
            ? comparison with { Prices = prices }
            : throw new ArgumentException($"The arms share no prompt of '{metric.Id}': there is nothing to compare.");
    }

    /// <summary>Attempts at most of an arm, or null at a budget.</summary>
    public static int? AttemptsOf(ComparedArm arm, ComparisonPoint at) => at switch
    {
        ComparisonPoint.Whole => arm.Arm.Strategy.MaxAttempts,
        ComparisonPoint.Attempts(var n) => n <= arm.Arm.Strategy.MaxAttempts ? n : throw new ArgumentException(
            $"{arm.Arm.Label} has at most {arm.Arm.Strategy.MaxAttempts} attempts: it has no value at {n}."),
        _ => null,
    };

    /// <summary>Values of the second arm in the order of the first arm's prompts; null without the prompt.</summary>
    internal static T?[] Aligned<T>(IReadOnlyList<T?> values, ComparedArm first, ComparedArm second)
    {
        if (first.Sweep.Id == second.Sweep.Id)
        {
            return [.. values];
        }

        var index = new Dictionary<(string, string), int>();
        foreach (var prompt in second.Sweep.Prompts)
        {
            index.TryAdd((prompt.Stratum, prompt.Prompt), prompt.Index);
        }

        return
        [
            .. first.Sweep.Prompts.Select(p => index.TryGetValue((p.Stratum, p.Prompt), out var at) ? values[at] : default),
        ];
    }

    private static Comparison AtAttempts(
        ComparedArm first, ComparedArm second, Metric metric, ComparisonPoint at, bool anytime, Bootstrap bootstrap)
    {
        var prompts = first.Sweep.Prompts;
        var seed = (UInt128)(ulong)first.Sweep.Seed;
        var pairs = Pairs(at);
        var rows = first.Sweep.Metrics.Select(m => Row(m, at, pairs)).OfType<MetricComparison>().ToList();
        return new(
            first,
            second,
            metric,
            at,
            Tested(rows),
            [.. Differences(pairs.Where(p => metric.Covers(prompts[p].Stratum)), prompts)])
        {
            Interaction = anytime || first.Sweep.Categories.Count < 2
                || Strata(pairs, first.Sweep, Metric.MeanOverCategories) is not { } categories || categories.Any(s => s.Prompts.Count == 0)
                    ? null
                    : Heterogeneity.Of([.. categories.Select(s => s.Differences)]),
            WorstCase = MissingChains.Bounds(first, second, metric, arm => Shares(arm, AttemptsOf(arm, at)!.Value)),
            Anytime = anytime,
            Absent = anytime && first.Sweep.Categories.Count > 0
                ? [(Metric.MeanOverCategories, "at every look there is a test of a mean over prompts alone")]
                : [],
            ByN = at is ComparisonPoint.Attempts { Before.Count: > 0 } several ? ByNumber(several) : [],
        };

        PairedShares Pairs(ComparisonPoint point) => PairedShares.Of(
            Shares(first, AttemptsOf(first, point)!.Value),
            Aligned(Shares(second, AttemptsOf(second, point)!.Value), first, second));

        MetricComparison? Row(Metric of, ComparisonPoint point, PairedShares shares)
        {
            var strata = Strata(shares, first.Sweep, of);
            return strata.Any(s => s.Prompts.Count == 0) || (anytime && of == Metric.MeanOverCategories) ? null : MetricComparison.Of(
                of,
                strata,
                seed,
                bootstrap,
                first.Sweep.Reference(first.Arm)?.Value(AttemptsOf(first, point)!.Value, of)?.Value
                    - second.Sweep.Reference(second.Arm)?.Value(AttemptsOf(second, point)!.Value, of)?.Value,
                first.Replicates == 1 && second.Replicates == 1,
                anytime);
        }

        IReadOnlyList<(int, MetricComparison)> ByNumber(ComparisonPoint.Attempts several)
        {
            int[] numbers = [.. several.Before, several.N];
            var atEach = numbers.Select(n => new ComparisonPoint.Attempts(n)).Select(n => Row(metric, n, Pairs(n)));
            return [.. numbers.Zip(Adjusted([.. atEach.OfType<MetricComparison>()]))];
        }
    }

    private static Rational?[] Shares(ComparedArm arm, int n)
    {
        var prompts = arm.Sweep.Prompts.Count;
        return n == arm.Arm.Strategy.MaxAttempts
            ? PromptScores.Exact(arm.Arm, prompts, n)
            : Curve.Of(arm.Arm, prompts).ExactAt(n);
    }

    private static IReadOnlyList<PairedShares> Strata(
        PairedShares pairs, SweepResults sweep, Metric metric) => metric == Metric.MeanOverCategories
        ? [.. sweep.Categories.Select(c => pairs.Where(p => sweep.Prompts[p].Stratum == c))]
        : [pairs.Where(p => metric.Covers(sweep.Prompts[p].Stratum))];

    private static IEnumerable<DifferingPrompt> Differences(PairedShares pairs, IReadOnlyList<SweepPrompt> prompts) =>
        Enumerable.Range(0, pairs.Prompts.Count)
            .Where(i => pairs.Differences[i] != 0)
            .OrderByDescending(i => pairs.Differences[i])
            .ThenBy(i => pairs.Prompts[i])
            .Select(i => new DifferingPrompt(
                prompts[pairs.Prompts[i]], pairs.First[i].ToDouble(), pairs.Second[i].ToDouble()));

    /// <summary>The rows with the categories' p adjusted for each other.</summary>
    internal static IReadOnlyList<MetricComparison> Tested(IReadOnlyList<MetricComparison> rows) =>
    [
        .. rows.Where(r => r.Metric.Category is null),
        .. Adjusted([.. rows.Where(r => r.Metric.Category is not null)]),
    ];

    /// <summary>Rows that are tested together.</summary>
    private static IEnumerable<MetricComparison> Adjusted(IReadOnlyList<MetricComparison> rows) =>
        rows.Zip(Holm.Adjust([.. rows.Select(r => r.P)]), (row, p) => row with { HolmP = p });
}

/// <summary>What a comparison says of its first arm.</summary>
public enum Outcome
{
    Better,
    Worse,

    /// <summary>Any difference is less than the margin.</summary>
    Equivalent,

    /// <summary>Worse, if at all, by less than the margin.</summary>
    NotWorse,
    Inconclusive,
}

/// <summary>The budgets with which the two arms reach a share.</summary>
/// <param name="Ratio">The first arm's budget divided by the second's.</param>
public sealed record ReachedShare(double Share, BudgetEstimate First, BudgetEstimate Second, BudgetEstimate Ratio);

/// <summary>A prompt that the two arms do not get right alike.</summary>
/// <param name="Prompt">As in the first arm's sweep.</param>
/// <param name="First">The first arm's value.</param>
public sealed record DifferingPrompt(SweepPrompt Prompt, double First, double Second);
