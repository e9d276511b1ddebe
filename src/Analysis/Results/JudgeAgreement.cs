using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>
/// How far an arm's judge agrees with the scorer, over all images with a verdict. Null is what has no meaning: a share
/// of no images.
/// </summary>
/// <param name="Counts">Images.</param>
/// <param name="Prompts">Prompts with a chain.</param>
public sealed record JudgeAgreement(Confusion Counts, int Prompts)
{
    /// <summary>Judged images a prompt.</summary>
    public Estimate? Images { get; private init; }

    /// <summary>Of the judged images, as the three that follow.</summary>
    public Estimate? AcceptedCorrect { get; private init; }

    public Estimate? AcceptedWrong { get; private init; }

    public Estimate? RejectedCorrect { get; private init; }

    public Estimate? RejectedWrong { get; private init; }

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
            .Select(g => Count([.. g.SelectMany(c => c.Attempts.Where((_, i) => attempt is null || i == attempt))]))
            .ToList();
        Func<Confusion, double>[] counted =
            [c => c.AcceptedCorrect, c => c.AcceptedWrong, c => c.RejectedCorrect, c => c.RejectedWrong];
        double[][] counts = [.. counted.Select(count => prompts.Select(count).ToArray())];
        var all = new Confusion(counts[0].Sum(), counts[1].Sum(), counts[2].Sum(), counts[3].Sum());
        if (all.Count == 0)
        {
            return new(all, prompts.Count);
        }

        var sums = new PromptSums(bootstrap, [.. counts, [.. prompts.Select(_ => 1.0)]]);
        Estimate? Of(Func<Confusion, double> ratio, double least = 0) =>
            sums.Of(s => ratio(new(s[0], s[1], s[2], s[3])), least, 1);
        Estimate? Share(Func<Confusion, double> count) => Of(c => count(c) / c.Count);
        return new(all, prompts.Count)
        {
            Images = sums.Of(s => s[..4].Sum() / s[4], 0, double.PositiveInfinity),
            AcceptedCorrect = Share(c => c.AcceptedCorrect),
            AcceptedWrong = Share(c => c.AcceptedWrong),
            RejectedCorrect = Share(c => c.RejectedCorrect),
            RejectedWrong = Share(c => c.RejectedWrong),
            Precision = Of(c => c.Precision),
            Recall = Of(c => c.Recall),
            Kappa = Of(c => c.Kappa, -1),
        };
    }

    private static Confusion Count(IReadOnlyList<AttemptResult> attempts)
    {
        int Images(bool accepted, bool correct) =>
            attempts.Count(a => a.Verdict?.Accepted == accepted && a.Correct == correct);
        return new(Images(true, true), Images(true, false), Images(false, true), Images(false, false));
    }
}
