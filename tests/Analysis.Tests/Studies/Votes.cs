using ReflectDiT.Eval.Analysis.Studies;

namespace ReflectDiT.Eval.Analysis.Tests.Studies;

/// <summary>Studies made by hand.</summary>
internal static class Votes
{
    /// <param name="same">Pairs of one image twice, the last ones.</param>
    public static StudyManifest Manifest(int pairs, int same = 0, int raters = 1, double repeats = 0, long seed = 1) => new(
        "study", Guid.Empty, new(1, "a", 4), new(0, "b", 4), StudyManifest.UsualQuestion, seed, raters, repeats, 0,
        [
            .. Enumerable.Range(0, pairs).Select(p => new StudyPair(
                p, p % 2 == 0 ? "even" : "odd", $"prompt {p}", new(3, $"a{p}"), new(0, p < pairs - same ? $"b{p}" : $"a{p}"))),
        ]);

    /// <summary>What raters say of pairs, a letter a pair: w, l for the first arm and against it, t tie, b both bad, s skip, anything else nothing.</summary>
    public static IReadOnlyList<StudyVote> Of(params string[] raters) =>
    [
        .. raters.Index().SelectMany(r => r.Item.Index().Where(v => "wltbs".Contains(v.Item, StringComparison.Ordinal)).Select(v =>
            Vote($"r{r.Index + 1}", v.Index, v.Item))),
    ];

    public static StudyVote Vote(string rater, int pair, char said, bool again = false) => new(
        rater, new(pair, pair, again, FirstLeft: pair % 3 == 0 != again), (said, pair % 3 == 0 != again) switch
        {
            ('w', true) or ('l', false) => StudyAnswer.Left,
            ('w', false) or ('l', true) => StudyAnswer.Right,
            ('t', _) => StudyAnswer.Tie,
            ('b', _) => StudyAnswer.Bad,
            _ => StudyAnswer.Skip,
        }, 2 + pair);
}
