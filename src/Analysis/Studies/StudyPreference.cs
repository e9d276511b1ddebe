using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Studies;

/// <summary>
/// What people prefer, over all pairs or those of a category. A prompt's value is the mean over its raters, and every prompt
/// counts alike, however many have answered; a pair of the same image counts as a tie.
/// </summary>
/// <param name="Category">Null for all.</param>
/// <param name="Prompts">With an answer, or with the same image twice.</param>
/// <param name="Votes">That count.</param>
/// <param name="Net">The share that prefers the first arm minus that which prefers the second.</param>
/// <param name="Win">The share that prefers the first arm.</param>
/// <param name="Tie">That which prefers neither, with <see cref="Bad"/>.</param>
/// <param name="Loss">That which prefers the second.</param>
/// <param name="Bad">That which says both are bad.</param>
/// <param name="OverPrompts">Interval of <paramref name="Net"/> for these raters, as if there were no others.</param>
/// <param name="P">Of the test which that interval inverts (<see cref="PairedMean"/>).</param>
/// <param name="Test">Its name.</param>
/// <param name="PromptsWon">Prompts on which more votes are for the first arm than for the second.</param>
/// <param name="PromptsLost">The other way round.</param>
public sealed record StudyPreference(
    string? Category,
    int Prompts,
    int Votes,
    Estimate Net,
    Estimate Win,
    Estimate Tie,
    Estimate Loss,
    Estimate Bad,
    Interval OverPrompts,
    double P,
    string Test,
    int PromptsWon,
    int PromptsLost)
{
    private static readonly (double, double)[] Bounds = [(-1, 1), (0, 1), (0, 1), (0, 1), (0, 1)];

    /// <summary>
    /// The exact sign test, two-sided: of the prompts that one arm wins, would a fair coin give so uneven a split? The prompt is
    /// the unit, as several votes on one are not independent.
    /// </summary>
    public double SignP => McNemar.Exact(PromptsWon, PromptsLost);

    /// <summary>Null without a vote.</summary>
    /// <param name="votes">All that count.</param>
    public static StudyPreference? Of(StudyManifest manifest, IReadOnlyList<StudyVote> votes, string? category)
    {
        string[] raters = [.. votes.Select(v => v.Rater).Distinct().Order(StringComparer.Ordinal)];
        var byPair = votes.ToLookup(v => v.Pair);
        var prompts = manifest.Pairs.Index().Where(p => category is null || p.Item.Category == category)
            .Select(p => Said(p.Item, byPair[p.Index], raters)).Where(said => said.Length > 0).ToList();
        var counted = prompts.Sum(said => said.Count(s => s.Rater >= 0));
        if (counted == 0)
        {
            return null;
        }

        double[][] means = [.. Enumerable.Range(0, Bounds.Length).Select(s => prompts.Select(said => said.Average(v => v.Values[s])).ToArray())];
        var test = PairedMean.Of([means[0]], new Bootstrap((ulong)manifest.Seed));
        var others = raters.Length > 1
            ? new CrossedBootstrap(prompts, raters.Length, (ulong)manifest.Seed).Intervals(Bounds)
            : null;
        double[] ones = [.. prompts.Select(_ => 1.0)];
        return new(
            category,
            prompts.Count,
            counted,
            new(test.Value, Hull(test.Interval, others?[0])),
            Share(1),
            Share(2),
            Share(3),
            Share(4),
            test.Interval,
            test.P,
            test.Name,
            means[0].Count(v => v > 0),
            means[0].Count(v => v < 0));

        Estimate Share(int statistic)
        {
            var share = ClusteredShare.Of(means[statistic], ones)!.Value;
            return new(share.Value, Hull(share.Interval, others?[statistic]));
        }
    }

    /// <summary>Net, win, tie, loss and both bad, of whoever answered.</summary>
    private static (int Rater, double[] Values)[] Said(StudyPair pair, IEnumerable<StudyVote> votes, string[] raters) => pair.IsSame
        ? [(-1, [0, 0, 1, 0, 0])]
        :
        [
            .. votes.Select(v => (Array.IndexOf(raters, v.Rater), (double[])
            [
                v.Preference!.Value, v.Preference > 0 ? 1 : 0, v.Preference == 0 ? 1 : 0, v.Preference < 0 ? 1 : 0, v.Answer is StudyAnswer.Bad ? 1 : 0,
            ])),
        ];

    /// <summary>Other raters can only add doubt: where the bootstrap knows of none, that over prompts stays.</summary>
    private static Interval Hull(Interval one, Interval? other) =>
        other is { } o ? new(Math.Min(one.Low, o.Low), Math.Max(one.High, o.High)) : one;
}
