using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>
/// How far an arm's judge agrees with the scorer, over all images with a verdict. Null is what has no meaning: a share
/// of no images, and all that compares where a scorer does not say what passes.
/// </summary>
/// <param name="Counts">Images of which both are known.</param>
/// <param name="Judged">Images with a verdict.</param>
/// <param name="Prompts">Prompts with a chain.</param>
public sealed record JudgeAgreement(Confusion Counts, int Judged, int Prompts)
{
    /// <summary>Judged images a prompt.</summary>
    public Estimate? Images { get; private init; }

    /// <summary>Of the judged images.</summary>
    public Estimate? Accepted { get; private init; }

    /// <summary>Of the judged images, those that pass the scorer, as the three that follow.</summary>
    public Estimate? AcceptedPassed { get; private init; }

    public Estimate? AcceptedFailed { get; private init; }

    public Estimate? RejectedPassed { get; private init; }

    public Estimate? RejectedFailed { get; private init; }

    /// <inheritdoc cref="Confusion.Precision"/>
    public Estimate? Precision { get; private init; }

    /// <inheritdoc cref="Confusion.Recall"/>
    public Estimate? Recall { get; private init; }

    /// <inheritdoc cref="Confusion.Kappa"/>
    public Estimate? Kappa { get; private init; }

    /// <param name="covers">The prompts to look at, by index; null for all.</param>
    /// <param name="attempt">The attempt to look at, from 0; null for all.</param>
    public static JudgeAgreement Of(
        ArmResults arm, Bootstrap bootstrap, Func<int, bool>? covers = null, int? attempt = null)
    {
        var chains = arm.ByPrompt(covers).ToList();
        var prompts = chains
            .Select(g => g.SelectMany(c => c.Attempts.Where((_, i) => attempt is null || i == attempt))
                .Where(a => a.Verdict is not null).ToList())
            .ToList();
        var images = prompts.Sum(p => p.Count);
        if (images == 0)
        {
            return new(default, 0, prompts.Count);
        }

        double[] Counts(Func<AttemptResult, bool> has) => [.. prompts.Select(p => (double)p.Count(has))];
        double[][] counts =
        [
            Counts(a => a is { Verdict.Accepted: true, Passed: true }),
            Counts(a => a is { Verdict.Accepted: true, Passed: false }),
            Counts(a => a is { Verdict.Accepted: false, Passed: true }),
            Counts(a => a is { Verdict.Accepted: false, Passed: false }),
        ];
        var all = new Confusion(counts[0].Sum(), counts[1].Sum(), counts[2].Sum(), counts[3].Sum());
        var known = Sum(0, 1, 2, 3);
        var agreement = new JudgeAgreement(all, images, prompts.Count)
        {
            Images = OfAll(Counts(_ => true)),
            Accepted = ClusteredShare.Of(Counts(a => a.Verdict!.Accepted), Counts(_ => true)),
        };
        return all.Count == 0 ? agreement : agreement with
        {
            Accepted = ClusteredShare.Of(Sum(0, 1), known),
            AcceptedPassed = ClusteredShare.Of(counts[0], known),
            AcceptedFailed = ClusteredShare.Of(counts[1], known),
            RejectedPassed = ClusteredShare.Of(counts[2], known),
            RejectedFailed = ClusteredShare.Of(counts[3], known),
            Precision = ClusteredShare.Of(counts[0], Sum(0, 1)),
            Recall = ClusteredShare.Of(counts[0], Sum(0, 2)),
            Kappa = KappaOf(all, new PromptSums(bootstrap, counts), ClusteredShare.Of(Sum(1, 2), known)!.Value.Interval),
        };

        double[] Sum(params int[] which) => [.. prompts.Select((_, p) => which.Sum(w => counts[w][p]))];

        // As a share of the images that the chains could have had.
        Estimate? OfAll(double[] judged)
        {
            double[] most = [.. chains.Select(g => (double)g.Count() * (attempt is null ? arm.Strategy.MaxAttempts : 1))];
            var each = most.Average();
            return ClusteredShare.Of(judged, most) is { } share
                ? new(share.Value * each, new(share.Interval.Low * each, share.Interval.High * each))
                : null;
        }
    }

    /// <summary>
    /// The bootstrap's interval, at least as wide as that of the disagreement alone with the chance of it held: where judge and
    /// scorer never disagree the bootstrap knows no doubt.
    /// </summary>
    private static Estimate? KappaOf(Confusion all, PromptSums sums, Interval disagreement)
    {
        if (sums.Of(s => new Confusion(s[0], s[1], s[2], s[3]).Kappa, -1, 1) is not { } kappa)
        {
            return null;
        }

        var (accepted, passed) = (all.AcceptedPassed + all.AcceptedFailed, all.AcceptedPassed + all.RejectedPassed);
        var chance = ((accepted * (all.Count - passed)) + ((all.Count - accepted) * passed)) / (all.Count * all.Count);
        return new(kappa.Value, new(
            Math.Max(-1, Math.Min(kappa.Interval.Low, 1 - (disagreement.High / chance))),
            Math.Min(1, Math.Max(kappa.Interval.High, 1 - (disagreement.Low / chance)))));
    }
}
