using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>Measures the arms of a sweep and sets the published numbers beside them: what all layouts share.</summary>
internal sealed class Measures(SweepResults results)
{
    private readonly Dictionary<(int Arm, int N), Rational?[]> _shares = [];
    private readonly bool _graded = results.Graded;
    private readonly Bootstrap _bootstrap = new((ulong)results.Seed);

    public IReadOnlyList<ArmSummary> Arms { get; } = [.. results.Arms.Select(a => Summary(a, results))];

    /// <summary>The sweep is about all the prompts that a published number is about.</summary>
    public bool Comparable(Metric metric) => Count(metric) == results.Tables.Published.Count(metric);

    /// <summary>An arm's name in a heading.</summary>
    public string Title(int arm) => Arms[arm].Name + (Arms[arm].Complete ? "" : " INCOMPLETE");

    /// <summary>An arm, by its index, at N.</summary>
    public Cell Arm(int arm, int n, Metric metric)
    {
        var reference = results.Reference(results.Arms[arm]);
        var strata = Strata([.. Shares(arm, n).Select(s => s?.ToDouble())], metric);
        var measured = strata is null ? null : Measured(
            strata,
            metric,
            strata.Count == 1
                ? Wilson.Share(strata[0].Average(), Counts(strata[0]))
                : Wilson.MeanOfShares([.. strata.Select(s => (s.Average(), Counts(s)))]),
            (strata.All(IsShare) ? "" : "effective-") + (strata.Count == 1 ? "wilson" : "wilson-variance-recovery"));
        return new(Arms[arm].Name, n, metric, reference?.Value(n, metric))
        {
            Measured = measured,
            Complete = Arms[arm].Complete,
            Difference = Difference(measured, reference?.Value(n, metric), metric),
            InNoiseBand = measured is not null && Arms[arm].Complete && Comparable(metric)
                && reference is not null
                ? NoiseBand.Holds(reference, n, metric, measured)
                : null,
        };
    }

    /// <summary>One arm minus another, over the prompts that both have.</summary>
    public Cell Difference(int arm, int n, int versus, int versusN, Metric metric)
    {
        var reference = Minus(
            results.Reference(results.Arms[arm])?.Value(n, metric),
            results.Reference(results.Arms[versus])?.Value(versusN, metric));
        var strata = Strata([.. Shares(arm, n).Zip(Shares(versus, versusN), (a, b) => (a - b)?.ToDouble())], metric);
        var test = strata is null ? null : PairedMean.Of(strata, _bootstrap);
        var measured = test is null ? null : Measured(strata!, metric, test.Interval, test.Name);
        return new(Arms[arm].Name, n, metric, reference)
        {
            Versus = (Arms[versus].Name, versusN),
            Measured = measured,
            Complete = Arms[arm].Complete && Arms[versus].Complete,
            Difference = Difference(measured, reference, metric),
        };
    }

    private static PublishedValue? Minus(PublishedValue? value, PublishedValue? other)
    {
        if (value is null || other is null)
        {
            return null;
        }

        var difference = value.Value - other.Value;
        return new(difference, Numbers.Signed(difference), $"{value.Source} minus {other.Source}");
    }

    private static ArmSummary Summary(ArmResults arm, SweepResults results)
    {
        var present = arm.Chains.Select(c => (c.Prompt, c.Replicate)).ToHashSet();
        var expected = results.Prompts
            .SelectMany((_, p) => Enumerable.Range(0, results.Replicates).Select(r => (p, r)));
        return new(
            arm.Label,
            arm.Simulated,
            arm.Oracle,
            arm.Strategy.MaxAttempts,
            arm.Published,
            arm.Chains.Count,
            arm.Failed,
            arm.Open,
            (double)arm.Chains.Sum(c => c.Attempts.Count) / arm.Chains.Count,
            [.. expected.Where(e => !present.Contains(e))])
        {
            Imported = arm.Imported,
            Leaked = arm.Leaked,
            SelfScored = arm.SelfScored,
            OtherAnswerer = arm.OtherAnswerer,
            ContextBy = arm.ContextBy,
            Unscored = arm.Unscored,
            WhyMissing = arm.WhyMissing,
        };
    }

    /// <summary>How many passes and fails the prompts' values are worth: means of replicates and scores vary less.</summary>
    public double Counts(double[] values) => IsShare(values) ? values.Length : Wilson.EffectiveCount(values);

    private bool IsShare(double[] values) => !_graded && values.All(v => v is 0 or 1);

    private Rational?[] Shares(int arm, int n)
    {
        if (!_shares.TryGetValue((arm, n), out var shares))
        {
            _shares[(arm, n)] = shares = PromptScores.Exact(results.Arms[arm], results.Prompts.Count, n);
        }

        return shares;
    }

    /// <summary>
    /// The prompts whose mean is the metric, in a group each for the mean over categories; null where a group is empty,
    /// as a mean over fewer categories is another number.
    /// </summary>
    private IReadOnlyList<double[]>? Strata(double?[] values, Metric metric)
    {
        double[] Present(Func<string, bool> covers) =>
            [.. results.Prompts.Zip(values).Where(p => covers(p.First.Stratum)).Select(p => p.Second).OfType<double>()];

        IReadOnlyList<double[]> strata = metric == Metric.MeanOverCategories
            ? [.. results.Categories.Select(category => Present(tag => tag == category))]
            : [Present(metric.Covers)];
        return strata.Any(s => s.Length == 0) ? null : strata;
    }

    private Measurement Measured(IReadOnlyList<double[]> strata, Metric metric, Interval interval, string method) =>
        new(strata.Average(s => s.Average()), interval, strata.Sum(s => s.Length), Count(metric), method);

    private double? Difference(Measurement? measured, PublishedValue? reference, Metric metric) =>
        Comparable(metric) ? measured?.Value - reference?.Value : null;

    private int Count(Metric metric) => results.Prompts.Count(p => metric.Covers(p.Stratum));
}
