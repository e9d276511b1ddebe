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
        var prompts = arm.ByPrompt(covers)
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
            [.. prompts.Select(_ => 1.0)],
        ];
        var all = new Confusion(counts[0].Sum(), counts[1].Sum(), counts[2].Sum(), counts[3].Sum());
        var scored = all.Count > 0;
        var sums = new PromptSums(bootstrap, scored ? counts : [Counts(a => a.Verdict!.Accepted), Counts(_ => true), counts[4]]);
        if (!scored)
        {
            return new(default, images, prompts.Count)
            {
                Images = sums.Of(s => s[1] / s[2], 0, double.PositiveInfinity),
                Accepted = sums.Of(s => s[0] / s[1], 0, 1),
            };
        }

        Estimate? Of(Func<Confusion, double> ratio, double least = 0) =>
            sums.Of(s => ratio(new(s[0], s[1], s[2], s[3])), least, 1);
        Estimate? Share(Func<Confusion, double> count) => Of(c => count(c) / c.Count);
        return new(all, images, prompts.Count)
        {
            Images = sums.Of(s => s[..4].Sum() / s[4], 0, double.PositiveInfinity),
            Accepted = Share(c => c.AcceptedPassed + c.AcceptedFailed),
            AcceptedPassed = Share(c => c.AcceptedPassed),
            AcceptedFailed = Share(c => c.AcceptedFailed),
            RejectedPassed = Share(c => c.RejectedPassed),
            RejectedFailed = Share(c => c.RejectedFailed),
            Precision = Of(c => c.Precision),
            Recall = Of(c => c.Recall),
            Kappa = Of(c => c.Kappa, -1),
        };
    }
}
