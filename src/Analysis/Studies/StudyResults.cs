using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Studies;

/// <summary>What came out of a study so far.</summary>
/// <param name="Overall">Null without a vote that counts.</param>
/// <param name="Categories">Those with votes; none where there is one alone.</param>
/// <param name="Alpha">Krippendorff's, of preferring the first arm, neither or the second; null where it has no meaning.</param>
/// <param name="AlphaPairs">Pairs with answers of two raters or more.</param>
/// <param name="Consistent">Of the pairs that raters saw twice, those with the same answer; null without any.</param>
/// <param name="RepeatedVotes">How many those were.</param>
/// <param name="Left">Votes for the image on the left, of those that count.</param>
/// <param name="Right">Likewise.</param>
public sealed record StudyResults(
    StudyManifest Manifest,
    IReadOnlyList<RaterSummary> Raters,
    StudyPreference? Overall,
    IReadOnlyList<StudyPreference> Categories,
    double? Alpha,
    int AlphaPairs,
    Estimate? Consistent,
    int RepeatedVotes,
    int Left,
    int Right)
{
    /// <summary>Two-sided and exact: were sides indifferent, as they are drawn for each vote, either would win as often.</summary>
    public double SideP => McNemar.Exact(Left, Right);

    public bool IsComplete => Raters.Count(r => r.Finished) >= Manifest.Raters;

    /// <param name="raters">All who may vote, those without a vote too.</param>
    /// <param name="votes">Of them, those that stand.</param>
    public static StudyResults Of(StudyManifest manifest, IReadOnlyList<string> raters, IReadOnlyList<StudyVote> votes)
    {
        List<StudyVote> counted = [.. votes.Where(v => v.Counts)];
        var units = counted.GroupBy(v => v.Pair).Select(g => (IReadOnlyList<int>)[.. g.Select(v => v.Preference!.Value)]).ToList();
        var repeats = Repeats(votes);
        string[] categories = [.. manifest.Pairs.Select(p => p.Category).Distinct()];
        return new(
            manifest,
            [.. raters.Select(r => RaterSummary.Of(manifest, r, [.. votes.Where(v => v.Rater == r)]))],
            StudyPreference.Of(manifest, counted, category: null),
            categories.Length < 2 ? [] : [.. categories.Select(c => StudyPreference.Of(manifest, counted, c)).OfType<StudyPreference>()],
            KrippendorffAlpha.Nominal(units),
            units.Count(u => u.Count > 1),
            ClusteredShare.Of([.. repeats.Select(r => r.Count(same => same) * 1.0)], [.. repeats.Select(r => r.Count * 1.0)]),
            repeats.Sum(r => r.Count),
            counted.Count(v => v.Answer is StudyAnswer.Left),
            counted.Count(v => v.Answer is StudyAnswer.Right));
    }

    /// <summary>Of each pair, for each rater who answered both times: whether the answers are the same.</summary>
    private static List<List<bool>> Repeats(IReadOnlyList<StudyVote> votes) =>
    [
        .. votes.Where(v => v.Preference is not null).GroupBy(v => (v.Pair, v.Rater))
            .Where(g => g.Count() == 2)
            .GroupBy(g => g.Key.Pair, g => g.Select(v => v.Preference).Distinct().Count() == 1)
            .Select(g => g.ToList()),
    ];
}

/// <summary>What one rater has done.</summary>
/// <param name="Votes">That count.</param>
/// <param name="Skipped">Pairs left without an answer.</param>
/// <param name="Finished">Every pair has been answered or skipped.</param>
/// <param name="MedianSeconds">Of all answers with a time; null without any.</param>
/// <param name="Left">Of the votes that count, those for the left.</param>
/// <param name="Right">Likewise.</param>
public sealed record RaterSummary(string Rater, int Votes, int Skipped, bool Finished, double? MedianSeconds, int Left, int Right)
{
    internal static RaterSummary Of(StudyManifest manifest, string rater, IReadOnlyList<StudyVote> votes)
    {
        List<StudyVote> counted = [.. votes.Where(v => v.Counts)];
        double[] seconds = [.. votes.Select(v => v.Seconds).OfType<double>().Order()];
        return new(
            rater,
            counted.Count,
            votes.Count(v => v.Answer is StudyAnswer.Skip),
            votes.Count(v => !v.Showing.Again) == manifest.Asked.Count,
            seconds.Length == 0 ? null : Percentiles.Of(seconds, 0.5),
            counted.Count(v => v.Answer is StudyAnswer.Left),
            counted.Count(v => v.Answer is StudyAnswer.Right));
    }
}
