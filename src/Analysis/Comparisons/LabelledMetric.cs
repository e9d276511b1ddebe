using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>Two arms in one metric as people would score them, from their labels of some prompts and the scorer's of all.</summary>
/// <param name="Difference">From the prompts with labels of both arms.</param>
public sealed record LabelledMetric(Metric Metric, PredictionPowered First, PredictionPowered Second, PredictionPowered Difference)
{
    private static readonly Interval Share = new(0, 1);
    private static readonly Interval Minus = new(-1, 1);

    /// <summary>One a metric that has labels enough: two labelled prompts, or for a mean over categories two in each.</summary>
    /// <param name="labels">Of images of the sweep that both arms are of; a prompt counts where every chain's shown image has one.</param>
    /// <exception cref="ArgumentException">Labels of images say nothing of what is compared.</exception>
    public static IReadOnlyList<LabelledMetric> Of(
        ComparedArm first, ComparedArm second, ComparisonPoint at, IReadOnlyList<ImageLabel> labels)
    {
        if (at is ComparisonPoint.Budget || first.Sweep.Id != second.Sweep.Id)
        {
            throw new ArgumentException("Labels are of images of one sweep that chains show at some N: neither of two sweeps nor of a budget.");
        }

        var bootstrap = new Bootstrap((ulong)first.Sweep.Seed);
        var (prompts, byImage) = (first.Sweep.Prompts, labels.ToDictionary(l => (l.Arm, l.Prompt, l.Replicate, l.Attempt), l => l.Value));
        var (a, b) = (Values(first), Values(second));
        double?[] Minuses(double?[] one, double?[] other) => [.. one.Zip(other, (x, y) => x - y)];
        var (labelled, scored) = (Minuses(a.Labels, b.Labels), Minuses(a.Scores, b.Scores));
        List<LabelledMetric> rows =
        [
            .. first.Sweep.Metrics.Select(m =>
                (Over(m, a.Labels, a.Scores, Share), Over(m, b.Labels, b.Scores, Share), Over(m, labelled, scored, Minus))
                    is ({ } one, { } other, { } difference) ? new LabelledMetric(m, one, other, difference) : null).OfType<LabelledMetric>(),
        ];
        return rows.Count > 0 ? rows : throw new ArgumentException(
            $"Fewer than {PredictionPowered.Fewest} prompts have labels of the images that {first.Arm.Label} and {second.Arm.Label} show.");

        (double?[] Labels, double?[] Scores) Values(ComparedArm arm)
        {
            var n = Comparison.AttemptsOf(arm, at)!.Value;
            if (arm.Arm.Strategy.DrawsAll && n < arm.Arm.Strategy.MaxAttempts)
            {
                throw new ArgumentException($"{arm.Arm.Label} drew all its images: below N={arm.Arm.Strategy.MaxAttempts} it shows no one that has a label.");
            }

            var known = new double?[prompts.Count];
            foreach (var chains in arm.Arm.ByPrompt())
            {
                known[chains.Key] = chains.Average(c =>
                    byImage.TryGetValue((arm.Arm.Name, c.Prompt, c.Replicate, PromptScores.Shown(arm.Arm.Strategy, c, n)), out var label) ? label : double.NaN);
                known[chains.Key] = double.IsNaN(known[chains.Key]!.Value) ? null : known[chains.Key];
            }

            return (known, PromptScores.At(arm.Arm, prompts.Count, n));
        }

        PredictionPowered? Over(Metric metric, double?[] label, double?[] score, Interval range)
        {
            if (metric == Metric.MeanOverCategories)
            {
                var categories = first.Sweep.Metrics.Where(m => m.Category is not null).Select(m => Over(m, label, score, range)).ToList();
                return categories.Contains(null) ? null : PredictionPowered.MeanOf([.. categories.OfType<PredictionPowered>()], range);
            }

            var covered = prompts.Where(p => metric.Covers(p.Stratum) && score[p.Index] is not null).Select(p => p.Index)
                .ToLookup(p => label[p] is not null);
            return covered[true].Count() < PredictionPowered.Fewest ? null : PredictionPowered.Of(
                [.. covered[true].Select(p => (label[p]!.Value, score[p]!.Value))], [.. covered[false].Select(p => score[p]!.Value)], range, bootstrap);
        }
    }
}
