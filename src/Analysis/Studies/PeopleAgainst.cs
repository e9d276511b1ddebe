using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Studies;

/// <summary>Which image of a pair people prefer, against which one a judge or a scorer prefers.</summary>
/// <param name="Who">"judge" or "scorer".</param>
/// <param name="Counts">
/// Prompts: [what most votes are for][what the other prefers], each the first arm, neither or the second.
/// </param>
public sealed record PeopleAgainst(string Who, IReadOnlyList<IReadOnlyList<int>> Counts)
{
    public static IReadOnlyList<string> Sides { get; } = ["first", "neither", "second"];

    public int Prompts => Counts.Sum(c => c.Sum());

    /// <summary>Where both prefer one image, how often it is the same; null where they never both do.</summary>
    public Estimate? Agreement { get; private init; }

    /// <summary>
    /// The judge's, by whether it accepts and where it accepts both or neither by its score; and the scorer's, by its score. One
    /// that knows nothing of any pair is left out.
    /// </summary>
    /// <param name="sameJudge">Both arms have the same judge, so that its scores compare.</param>
    public static IReadOnlyList<PeopleAgainst> Of(
        StudyManifest manifest, IReadOnlyList<StudyVote> votes, SweepResults results, bool sameJudge)
    {
        var people = votes.Where(v => v.Counts).GroupBy(v => v.Pair).ToDictionary(g => g.Key, g => Math.Sign(g.Sum(v => v.Preference!.Value)));
        var attempts = new[] { manifest.First, manifest.Second }.Select(a => results.Arms[a.Index].Chains
            .Where(c => c.Replicate == 0).ToDictionary(c => c.Prompt, c => c.Attempts)).ToArray();
        var pairs = people.Select(p => (People: p.Value, Images: Images(manifest.Pairs[p.Key]))).ToList();
        return
        [
            .. new[]
            {
                Count("judge", pairs.Select(p => (p.People, Judged(p.Images.First, p.Images.Second, sameJudge)))),
                Count("scorer", pairs.Select(p => (p.People, Preferred(p.Images.First?.Value, p.Images.Second?.Value)))),
            }.OfType<PeopleAgainst>(),
        ];

        (AttemptResult? First, AttemptResult? Second) Images(StudyPair pair) => (
            attempts[0].GetValueOrDefault(pair.Prompt)?.ElementAtOrDefault(pair.First.Attempt),
            attempts[1].GetValueOrDefault(pair.Prompt)?.ElementAtOrDefault(pair.Second.Attempt));
    }

    private static int? Judged(AttemptResult? first, AttemptResult? second, bool sameJudge) => (first?.Verdict, second?.Verdict) switch
    {
        ({ } a, { } b) when a.Accepted != b.Accepted => a.Accepted ? 1 : -1,
        ({ } a, { } b) => sameJudge && Preferred(a.Score, b.Score) is { } preferred ? preferred : 0,
        _ => null,
    };

    private static int? Preferred(double? first, double? second) => first is { } a && second is { } b ? a.CompareTo(b) : null;

    private static PeopleAgainst? Count(string who, IEnumerable<(int People, int? Other)> pairs)
    {
        var known = pairs.Where(p => p.Other is not null).Select(p => (p.People, Other: Math.Sign(p.Other!.Value))).ToList();
        int[] order = [1, 0, -1];
        return known.Count == 0 ? null : new(who, [.. order.Select(p => (IReadOnlyList<int>)[.. order.Select(o => known.Count(k => k == (p, o)))])])
        {
            Agreement = ClusteredShare.Of(
                [.. known.Select(k => k.People * k.Other > 0 ? 1.0 : 0)], [.. known.Select(k => k.People * k.Other != 0 ? 1.0 : 0)]),
        };
    }
}
