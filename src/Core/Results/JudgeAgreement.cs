using ReflectDiT.Eval.Core.Statistics;

namespace ReflectDiT.Eval.Core.Results;

/// <summary>
/// How far an arm's judge agrees with the scorer, over all images with a verdict. Intervals draw prompts, as the images
/// of one prompt are no independent ones.
/// </summary>
public sealed record JudgeAgreement(Confusion Counts, Estimate? Precision, Estimate? Recall, Estimate? Kappa)
{
    /// <param name="covers">The prompts to look at, by index; null for all.</param>
    /// <param name="attempt">The attempt to look at, from 0; null for all.</param>
    public static JudgeAgreement Of(
        ArmResults arm, Bootstrap bootstrap, Func<int, bool>? covers = null, int? attempt = null)
    {
        var prompts = arm.Chains
            .Where(c => covers is null || covers(c.Prompt))
            .GroupBy(c => c.Prompt, c => c.Attempts.Where((_, i) => attempt is null || i == attempt))
            .Select(g => Count(g.SelectMany(attempts => attempts)))
            .ToList();
        var all = new Confusion(
            prompts.Sum(p => p.AcceptedCorrect),
            prompts.Sum(p => p.AcceptedWrong),
            prompts.Sum(p => p.RejectedCorrect),
            prompts.Sum(p => p.RejectedWrong));
        if (all.Count == 0)
        {
            return new(all, null, null, null);
        }

        IReadOnlyList<double[]> Statistic(Func<Confusion, int> count) => [[.. prompts.Select(p => (double)count(p))]];
        var means = bootstrap.Means(
        [
            Statistic(p => p.AcceptedCorrect),
            Statistic(p => p.AcceptedWrong),
            Statistic(p => p.RejectedCorrect),
            Statistic(p => p.RejectedWrong),
        ]);
        return new(
            all,
            Bounded(all.Precision, 0, r => Confusion.PrecisionOf(means[0][r], means[1][r])),
            Bounded(all.Recall, 0, r => Confusion.RecallOf(means[0][r], means[2][r])),
            Bounded(all.Kappa, -1, r => Confusion.KappaOf(means[0][r], means[1][r], means[2][r], means[3][r])));

        Estimate? Bounded(double? value, double least, Func<int, double> resampled)
        {
            if (value is null)
            {
                return null;
            }

            // Where a resample leaves it undefined, it may be anything.
            double[] values = [.. Enumerable.Range(0, means[0].Length).Select(resampled)];
            return new(value.Value, new(
                Percentiles.Middle95([.. values.Select(v => double.IsNaN(v) ? least : v)]).Low,
                Percentiles.Middle95([.. values.Select(v => double.IsNaN(v) ? 1 : v)]).High));
        }
    }

    private static Confusion Count(IEnumerable<AttemptResult> attempts)
    {
        int Images(bool accepted, bool correct) =>
            attempts.Count(a => a.Verdict?.Accepted == accepted && a.Correct == correct);
        return new(Images(true, true), Images(true, false), Images(false, true), Images(false, false));
    }
}
