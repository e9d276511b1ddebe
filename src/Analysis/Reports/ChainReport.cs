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

    public static IReadOnlyList<string> Layouts { get; } = [Judge, Chains];

    private static readonly (Metric Metric, Func<JudgeAgreement, Estimate?> Of)[] OfJudge =
    [
        (new("images_per_prompt", "images\na prompt"), a => a.Images),
        (new("accepted_correct", "accepted\ncorrect"), a => a.AcceptedCorrect),
        (new("accepted_wrong", "accepted\nwrong"), a => a.AcceptedWrong),
        (new("rejected_correct", "rejected\ncorrect"), a => a.RejectedCorrect),
        (new("rejected_wrong", "rejected\nwrong"), a => a.RejectedWrong),
        (new("precision", "precision"), a => a.Precision),
        (new("recall", "recall"), a => a.Recall),
        (new("kappa", "kappa"), a => a.Kappa),
    ];

    private static readonly Metric Regret = new("selection_regret", "selection\nregret");
    private static readonly Metric WrongStop = new("wrong_stop", "stopped on\na wrong\nimage");
    private static readonly Metric NeverSolved = new("never_solved", "never\nsolved");
    private static readonly Metric Distinct = new("distinct_feedback", "different\nfeedback\na chain");
    private static readonly Metric Repeated = new("repeated_feedback", "repeated\nfeedback");

    private readonly SweepResults _results;
    private readonly Measures _measures;
    private readonly Bootstrap _bootstrap;

    private ChainReport(SweepResults results, PublishedNumbers published)
    {
        _results = results;
        _measures = new(results, published);
        _bootstrap = new((ulong)results.Seed);
    }

    /// <param name="layout">One of <see cref="Layouts"/>.</param>
    public static Report Build(SweepResults results, PublishedNumbers published, string layout)
    {
        var report = new ChainReport(results, published);
        return layout switch
        {
            Judge => report.OfTheJudge(),
            Chains => report.OfTheChains(),
            _ => throw new ArgumentException($"There is no layout '{layout}'; known: {string.Join(", ", Layouts)}."),
        };
    }

    private Report OfTheJudge() => ReportParts.Assemble(
        Judge,
        "The judge against the scorer",
        _results,
        _measures,
        [.. OfJudge.Select(m => m.Metric.Label)],
        [.. _results.Arms.Select((_, arm) => new Section(_measures.Title(arm), [.. JudgeRows(arm)]))],
        [
            .. _results.Arms.Index().Where(a => !Judged(a.Item))
                .Select(a => $"{_measures.Title(a.Index)} has no verdict of a judge recorded."),
            "Over all images with a verdict, not only those shown. accepted correct to rejected wrong: shares of the "
            + "images, the judge's word first and the scorer's after it. precision: share of the accepted images that "
            + "are correct; recall: share of the correct images that are accepted; kappa (Cohen): agreement beyond "
            + "chance, 0 for a judge that guesses.",
            "attempt k: only the chains that got so far. Where an arm stops on acceptance these are the harder prompts, "
            + "so a fall over the attempts need not be the judge's.",
            Intervals("Over 100 prompts or fewer they hold the truth a little less often: in 93 to 95% of runs."),
        ]);

    private Report OfTheChains() => ReportParts.Assemble(
        Chains,
        "How chains choose, stop and explore",
        _results,
        _measures,
        [.. new[] { Regret, WrongStop, NeverSolved, Distinct, Repeated }.Select(m => m.Label)],
        [
            .. _results.Arms.Select((arm, index) => new Section(
                _measures.Title(index),
                arm.Chains.Count == 0 ? [] : [.. Scopes().Select(s => ChainRow(index, s.Within, s.Covers))])),
        ],
        [
            "selection regret: a correct image was drawn and a wrong one is shown. stopped on a wrong image: the judge "
            + "accepted it, so the chain did not go on; - for an arm that always draws all N. never solved: no image "
            + "of the prompt is correct, whatever is chosen.",
            "different feedback a chain: of chains with a rejected image. repeated feedback: share of the later "
            + "rejections of a chain whose feedback it had before.",
            "The first three are shares of prompts with Wilson's interval. " + Intervals(""),
            ReportParts.Replicates(_results),
            .. _results.Arms.Select(Unsolved).OfType<string>(),
        ]);

    private IEnumerable<Row> JudgeRows(int index)
    {
        var arm = _results.Arms[index];
        return !Judged(arm) ? [] :
        [
            .. Scopes().Select(s => Row(s.Within, JudgeAgreement.Of(arm, _bootstrap, s.Covers), s.Covers)),
            .. Enumerable.Range(0, arm.Chains.Max(c => c.Attempts.Count))
                .Select(k => Row($"attempt {k + 1}", JudgeAgreement.Of(arm, _bootstrap, attempt: k), _ => true)),
        ];

        Row Row(string? within, JudgeAgreement agreement, Func<int, bool> covers) => new(
            RowKind.Arm,
            $"{within ?? "all images"}: {agreement.Counts.Count:0}",
            [.. OfJudge.Select(m => Cell(index, m.Metric, within, Measured(m.Of(agreement), agreement.Prompts, covers)))]);
    }

    private Row ChainRow(int index, string? within, Func<int, bool> covers)
    {
        var (arm, prompts) = (_results.Arms[index], _results.Prompts.Count);
        var exploration = Exploration.Of(arm, _bootstrap, covers);
        return new(
            RowKind.Arm,
            within ?? "all prompts",
            [
                Cell(index, Regret, within, Share(Selection.Regret(arm, prompts))),
                Cell(index, WrongStop, within, Share(Selection.WrongStops(arm, prompts))),
                Cell(index, NeverSolved, within, Share(Exploration.NeverSolved(arm, prompts))),
                Cell(index, Distinct, within, Ratio(exploration.Distinct)),
                Cell(index, Repeated, within, Ratio(exploration.Repeated)),
            ]);

        Measurement? Ratio(Estimate? estimate) =>
            Measured(estimate, arm.Chains.Select(c => c.Prompt).Distinct().Count(covers), covers);

        Measurement? Share(double?[]? values)
        {
            double[] present = [.. (values ?? []).Where((_, p) => covers(p)).OfType<double>()];
            return present.Length == 0 ? null : new(
                present.Average(),
                Wilson.Share(present.Average(), present.Length),
                present.Length,
                Count(covers),
                "wilson");
        }
    }

    /// <summary>All prompts, then each category that the sweep has.</summary>
    private IEnumerable<(string? Within, Func<int, bool> Covers)> Scopes() => _results.Categories
        .Where(c => _results.Prompts.Any(p => p.Tag == c))
        .Select(c => ((string?)c, (Func<int, bool>)(p => _results.Prompts[p].Tag == c)))
        .Prepend((null, _ => true));

    private Cell Cell(int arm, Metric metric, string? within, Measurement? measured) =>
        new(_measures.Arms[arm].Name, _measures.Arms[arm].N, metric, null)
        {
            Within = within,
            Measured = measured,
            Complete = _measures.Arms[arm].Complete,
        };

    private Measurement? Measured(Estimate? estimate, int prompts, Func<int, bool> covers) => estimate is { } known
        ? new(known.Value, known.Interval, prompts, Count(covers), "bootstrap-over-prompts")
        : null;

    private int Count(Func<int, bool> covers) => Enumerable.Range(0, _results.Prompts.Count).Count(covers);

    private static bool Judged(ArmResults arm) => arm.Chains.Any(c => c.Attempts.Any(a => a.Verdict is not null));

    private static string Intervals(string caution) =>
        ($"95% intervals: percentile bootstrap over prompts ({Bootstrap.Resamples} resamples, seeded with the "
        + $"sweep's seed), as the images of one prompt are alike. {caution}").TrimEnd();

    private string? Unsolved(ArmResults arm, int index)
    {
        var never = Exploration.NeverSolved(arm, _results.Prompts.Count);
        int[] prompts = [.. Enumerable.Range(0, never.Length).Where(p => never[p] == 1)];
        return prompts.Length == 0 ? null
            : $"Never solved by {_measures.Title(index)} (prompts from 0): {Numbers.Ranges(prompts, int.MaxValue)}.";
    }
}
