using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>
/// Why an arm has the numbers that it has, for which papers have no table: how far its judge agrees with the scorer,
/// and how its chains choose, stop and explore.
/// </summary>
public sealed class ChainReport
{
    public const string Judge = "judge";
    public const string Chains = "chains";

    private const string KappaId = "kappa";

    /// <summary>Of fewer images by attempt number the judge's rates say next to nothing.</summary>
    private const int FewestImages = 30;

    public static IReadOnlyList<string> Layouts { get; } = [Judge, Chains];

    private static readonly Metric Regret = new("selection_regret", "selection\nregret");
    private static readonly Metric NeverSolved = new("never_solved", "never\nsolved");
    private static readonly Metric Distinct = new("distinct_feedback", "different\nfeedback\na chain");
    private static readonly Metric Repeated = new("repeated_feedback", "repeated\nfeedback");

    private readonly SweepResults _results;
    private readonly ScoreWords _words;
    private readonly Measures _measures;
    private readonly Bootstrap _bootstrap;

    /// <summary>The columns of the judge's layout.</summary>
    private readonly (Metric Metric, Func<JudgeAgreement, Estimate?> Of)[] _ofJudge;

    private ChainReport(SweepResults results)
    {
        _results = results;
        _words = results.Tables.Words;
        _measures = new(results);
        _bootstrap = new((ulong)results.Seed);
        var (pass, fail) = (_words.Pass, _words.Fail);
        _ofJudge =
        [
            (new("images_per_prompt", "images\na prompt"), a => a.Images),
            .. results.Scorer is not null
                ? ((Metric, Func<JudgeAgreement, Estimate?>)[])
                [
                    (new($"accepted_{pass}", $"accepted\n{pass}"), a => a.AcceptedPassed),
                    (new($"accepted_{fail}", $"accepted\n{fail}"), a => a.AcceptedFailed),
                    (new($"rejected_{pass}", $"rejected\n{pass}"), a => a.RejectedPassed),
                    (new($"rejected_{fail}", $"rejected\n{fail}"), a => a.RejectedFailed),
                    (new("precision", "precision"), a => a.Precision),
                    (new("recall", "recall"), a => a.Recall),
                    (new(KappaId, "kappa"), a => a.Kappa),
                ]
                : [(new("accepted", "accepted"), a => a.Accepted)],
        ];
    }

    private Metric FailStop => new($"{_words.Fail}_stop", $"stopped on\na {_words.Fail}\nimage");

    /// <param name="layout">One of <see cref="Layouts"/>.</param>
    public static Report Build(SweepResults results, string layout)
    {
        var report = new ChainReport(results);
        return layout switch
        {
            Judge => report.OfTheJudge(),
            Chains => report.OfTheChains(),
            _ => throw new ArgumentException($"There is no layout '{layout}'; known: {string.Join(", ", Layouts)}."),
        };
    }

    private Report OfTheJudge() => ReportParts.Assemble(
        Judge,
        _results.Scorer is not null ? "The judge against the scorer" : "What the judge said",
        _results,
        _measures,
        [.. _ofJudge.Select(m => m.Metric.Label)],
        [.. _results.Arms.Select((_, arm) => new Section(_measures.Title(arm), [.. JudgeRows(arm)]))],
        [
            .. _results.Arms.Index().Where(a => !Judged(a.Item))
                .Select(a => $"{_measures.Title(a.Index)} has no verdict of a judge recorded."),
            "Over all images with a verdict, not only those shown. " + (_results.Scorer is not null
                ? $"accepted {_words.Pass} to rejected {_words.Fail}: shares of the "
                    + "images, the judge's word first and the scorer's after it. precision: share of the accepted images that "
                    + $"are {_words.Pass}; recall: share of the {_words.Pass} images that are accepted; kappa (Cohen): agreement "
                    + "beyond chance, 0 for a judge that guesses."
                : "accepted: share of the images. The sweep has no scorer: nothing says whether the judge is right."),
        ],
        [
            .. _results.Arms.Select(Cut).OfType<string>(),
            "attempt k: only the chains that got so far. Where an arm stops on acceptance these are the harder prompts, "
            + "so a fall over the attempts need not be the judge's.",
            Intervals + $" Kappa: percentile bootstrap over prompts ({Bootstrap.Resamples} resamples, seeded with the sweep's seed), "
                + "at least as wide as the interval of the disagreement; over 100 prompts or fewer it holds the truth in 93% of runs or more.",
        ]);

    private Report OfTheChains() => ReportParts.Assemble(
        Chains,
        "How chains choose, stop and explore",
        _results,
        _measures,
        [.. new[] { Regret, FailStop, NeverSolved, Distinct, Repeated }.Select(m => m.Label)],
        [
            .. _results.Arms.Select((arm, index) => new Section(
                _measures.Title(index),
                arm.Chains.Count == 0 ? [] : [.. Scopes().Select(s => ChainRow(index, s.Within, s.Covers))])),
        ],
        [
            (_results.Graded
                ? "selection regret: the best score of the images drawn minus that of the one shown. "
                : $"selection regret: a {_words.Pass} image was drawn and a {_words.Fail} one is shown. ")
            + $"stopped on a {_words.Fail} image: the judge "
            + "accepted it, so the chain did not go on; - for an arm that always draws all N. never solved: no image "
            + $"of the prompt is {_words.Pass}, whatever is chosen.",
        ],
        [
            "different feedback a chain: of chains with a rejected image. repeated feedback: share of the later "
            + "rejections of a chain whose feedback it had before.",
            (_results.Graded ? "The first three" : "The first three are shares of prompts")
            + " with Wilson's interval. " + Intervals,
            .. ReportParts.Replicates(_results) is { } replicates ? [replicates] : (string[])[],
            .. _results.Arms.Select(Unsolved).OfType<string>(),
        ]);

    private IEnumerable<Row> JudgeRows(int index)
    {
        var arm = _results.Arms[index];
        return !Judged(arm) ? [] :
        [
            .. Scopes().Select(s => Row(s.Within, JudgeAgreement.Of(arm, _bootstrap, s.Covers), s.Covers)),
            .. Enumerable.Range(0, Attempts(arm))
                .Select(k => Row($"attempt {k + 1}", JudgeAgreement.Of(arm, _bootstrap, attempt: k), _ => true)),
        ];

        Row Row(string? within, JudgeAgreement agreement, Func<int, bool> covers) => new(
            RowKind.Arm,
            $"{within ?? "all images"}: {agreement.Judged}",
            [.. _ofJudge.Select(m => Cell(index, m.Metric, within, Measured(m.Of(agreement), agreement.Prompts, covers, m.Metric.Id)))])
        {
            Detail = within is not null,
        };
    }

    /// <summary>The first attempts of an arm of which enough images have a verdict.</summary>
    private static int Attempts(ArmResults arm) => Enumerable.Range(0, arm.Chains.Max(c => c.Attempts.Count))
        .TakeWhile(k => arm.Chains.Count(c => c.Attempts.ElementAtOrDefault(k)?.Verdict is not null) >= FewestImages).Count();

    private string? Cut(ArmResults arm, int index)
    {
        var (shown, most) = Judged(arm) ? (Attempts(arm), arm.Chains.Max(c => c.Attempts.Count)) : (0, 0);
        return shown == most ? null
            : $"{_measures.Title(index)}, by attempt: {(shown == 0 ? "none" : $"to attempt {shown}")}, as fewer than {FewestImages} images "
                + "are left of the next.";
    }

    private Row ChainRow(int index, string? within, Func<int, bool> covers)
    {
        var (arm, prompts) = (_results.Arms[index], _results.Prompts.Count);
        var exploration = Exploration.Of(arm, covers);
        return new(
            RowKind.Arm,
            within ?? "all prompts",
            [
                Cell(index, Regret, within, Share(Selection.Regret(arm, prompts))),
                Cell(index, FailStop, within, Share(Selection.FailStops(arm, prompts))),
                Cell(index, NeverSolved, within, Share(Exploration.NeverSolved(arm, prompts))),
                Cell(index, Distinct, within, Ratio(exploration.Distinct)),
                Cell(index, Repeated, within, Ratio(exploration.Repeated)),
            ])
        {
            Detail = within is not null,
        };

        Measurement? Ratio(Estimate? estimate) =>
            Measured(estimate, arm.Chains.Select(c => c.Prompt).Distinct().Count(covers), covers, "");

        Measurement? Share(double?[]? values)
        {
            double[] present = [.. (values ?? []).Where((_, p) => covers(p)).OfType<double>()];
            return present.Length == 0 ? null : new(
                present.Average(),
                Wilson.Share(present.Average(), _measures.Counts(present)),
                present.Length,
                Count(covers),
                "wilson");
        }
    }

    /// <summary>All prompts, then each category that the sweep has.</summary>
    private IEnumerable<(string? Within, Func<int, bool> Covers)> Scopes() => _results.Categories
        .Where(c => _results.Prompts.Any(p => p.Stratum == c))
        .Select(c => ((string?)c, (Func<int, bool>)(p => _results.Prompts[p].Stratum == c)))
        .Prepend((null, _ => true));

    private Cell Cell(int arm, Metric metric, string? within, Measurement? measured) =>
        new(_measures.Arms[arm].Name, _measures.Arms[arm].N, metric, null)
        {
            Within = within,
            Measured = measured,
            Complete = _measures.Arms[arm].Complete,
        };

    private Measurement? Measured(Estimate? estimate, int prompts, Func<int, bool> covers, string metric) => estimate is { } known
        ? new(known.Value, known.Interval, prompts, Count(covers), metric == KappaId ? "bootstrap-with-floor" : "clustered-clopper-pearson")
        : null;

    private int Count(Func<int, bool> covers) => Enumerable.Range(0, _results.Prompts.Count).Count(covers);

    private static bool Judged(ArmResults arm) => arm.Chains.Any(c => c.Attempts.Any(a => a.Verdict is not null));

    private const string Intervals =
        "95% intervals: Clopper and Pearson's for as many independent images as vary like these from prompt to prompt (Korn and "
        + "Graubard 1998), as the images of one prompt are alike. -: nothing to count.";

    private string? Unsolved(ArmResults arm, int index)
    {
        var never = Exploration.NeverSolved(arm, _results.Prompts.Count);
        int[] prompts = [.. Enumerable.Range(0, never.Length).Where(p => never[p] == 1).Select(p => _results.Prompts[p].Index)];
        return prompts.Length == 0 ? null
            : $"Never solved by {_measures.Title(index)} (prompts from 0): {Numbers.Ranges(prompts, int.MaxValue)}.";
    }
}
