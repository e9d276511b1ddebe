using System.Text;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Analysis.Studies;

/// <summary>What a study says, with the arms as they must be called, and how it is written.</summary>
/// <param name="Results">Of the votes.</param>
/// <param name="First">The first arm with all that must be said of it.</param>
/// <param name="Against">Judge and scorer, where they know the images.</param>
public sealed record StudyReport(StudyResults Results, string First, string Second, IReadOnlyList<PeopleAgainst> Against)
{
    private const string CsvHeading = "kind,subject,measure,n,value,low,high,note";

    private static readonly string[] Columns = ["prompts", "votes", "win", "tie", "loss", "both\nbad", "net", "95% interval"];

    private StudyManifest Manifest => Results.Manifest;

    /// <param name="results">Of the sweep whose arms were studied: what they are called, and what judge and scorer said.</param>
    /// <param name="configuration">Of the sweep.</param>
    public static StudyReport Of(StudyResults study, IReadOnlyList<StudyVote> votes, SweepResults results, SweepConfiguration configuration)
    {
        var (first, second) = (study.Manifest.First.Index, study.Manifest.Second.Index);
        var sameJudge = configuration.Arms[first].Judge.Identity == configuration.Arms[second].Judge.Identity;
        return new(
            study, results.Arms[first].Label, results.Arms[second].Label, PeopleAgainst.Of(study.Manifest, votes, results, sameJudge));
    }

    /// <summary>Raters who have voted.</summary>
    private int Voted => Results.Raters.Count(r => r.Votes > 0);

    /// <summary>The first sentence: who is preferred, or that nobody can say so.</summary>
    public string Verdict => Results.Overall is not { } all ? "Nobody has voted yet"
        : $"{(all.Net.Interval.Low > 0 ? $"People prefer {First} to {Second}: net preference"
            : all.Net.Interval.High < 0 ? $"People prefer {Second} to {First}: net preference"
            : $"inconclusive: net preference for {First} over {Second}")} {Numbers.Signed(all.Net.Value)} "
            + $"(95% {Numbers.Signed(all.Net.Interval.Low)} to {Numbers.Signed(all.Net.Interval.High)}), over {all.Prompts} prompts and "
            + $"{Voted} {(Voted == 1 ? "rater" : "raters")}; exact sign test: {all.PromptsWon} prompts won, {all.PromptsLost} lost, p {P(all.SignP)}";

    /// <summary>What speaks against taking the numbers as they are.</summary>
    public IReadOnlyList<string> Warnings =>
    [
        .. Results.IsComplete ? (string[])[] :
        [
            $"INCOMPLETE: {Results.Raters.Count(r => r.Finished)} of {Manifest.Raters} planned raters have answered all {Manifest.Asked.Count} pairs; "
                + "intervals and p hold for one look, when they have",
        ],
        .. Voted > Manifest.Raters ? [$"{Voted} raters have voted, {Manifest.Raters} were planned: p holds if nobody looked before asking more"] : (string[])[],
        .. Voted == 1 ? ["One rater alone: the interval is over prompts, and nothing says what others would prefer"] : (string[])[],
        .. Manifest.LeftOut > 0 ? [$"{Manifest.LeftOut} prompts of the sweep are no part of the study, as an arm had no image of them when it was made"] : (string[])[],
        .. Results.SideP < 0.05 && Results.Left + Results.Right > 0
            ? [$"sides are not indifferent: {Results.Left} votes for the left, {Results.Right} for the right, p {P(Results.SideP)}; as sides are drawn, this adds noise and favours no arm"]
            : (string[])[],
    ];

    /// <summary>What the numbers cannot be read without.</summary>
    public IReadOnlyList<string> Notes =>
    [
        "win: prefers the first arm; net: win minus loss. Every prompt counts alike, with the mean of its raters. The interval is over prompts and raters "
            + "(pigeonhole bootstrap), and never narrower than that over prompts alone.",
        .. Manifest.Pairs.Count > Manifest.Asked.Count
            ? [$"{Manifest.Pairs.Count - Manifest.Asked.Count} pairs are of one image twice, which both arms show: they count as ties, and nobody was asked."]
            : (string[])[],
        "The sign test counts prompts, not votes: those of one prompt are not independent.",
        "Before the first vote: " + StudySight.Of(Manifest).Sentence + ".",
    ];

    public string Title => $"Study {Manifest.Name}: {First}, N={Manifest.First.N}, against {Second}, N={Manifest.Second.N}. {Manifest.Question}";

    /// <param name="format">One of <see cref="ReportFormat.Names"/>.</param>
    public string Render(string format) => format switch
    {
        "csv" => Csv(),
        "json" => Json(),
        _ => ReportFormat.Render(Sheet(), format),
    };

    /// <summary>How people agree with each other, with themselves and with the sides, a sentence each.</summary>
    public IEnumerable<string> Agreement()
    {
        yield return Results.Alpha is { } alpha
            ? $"Between raters: Krippendorff's alpha (nominal) {Numbers.Share(alpha)}, over {Results.AlphaPairs} pairs with two raters or more"
            : "Between raters: not known, as no pairs have different answers of two raters or more";
        yield return Results.Consistent is { } same
            ? $"With themselves: {Numbers.Share(same.Value)} ({Numbers.Range(same.Interval)}) of {Results.RepeatedVotes} pairs that came twice, on changed sides, got the same answer"
            : "With themselves: not known, as no pair has come twice yet";
        yield return $"Sides: {Results.Left} votes for the left, {Results.Right} for the right, p {P(Results.SideP)} (exact)";
    }

    public static string P(double p) => p < 0.0001 ? "< 0.0001" : $"{p:0.0000}";

    private IEnumerable<StudyPreference> Rows => Results.Overall is { } all ? Results.Categories.Prepend(all) : [];

    private Sheet Sheet() => new(
        Title,
        [Verdict + ".", .. Warnings.Select(w => w + ".")],
        Columns,
        [
            .. Rows.Select(r => new Line(LineKind.Values, r.Category ?? "all prompts",
            [
                $"{r.Prompts}", $"{r.Votes}", Numbers.Share(r.Win.Value), Numbers.Share(r.Tie.Value), Numbers.Share(r.Loss.Value),
                Numbers.Share(r.Bad.Value), Numbers.Signed(r.Net.Value), $"{Numbers.Signed(r.Net.Interval.Low)}..{Numbers.Signed(r.Net.Interval.High)}",
            ])),
        ],
        [.. Notes])
    {
        Lists =
        [
            new("agreement", [.. Agreement()]),
            .. Against.Select(a => new Listing($"people against the {a.Who}", [.. AgainstLines(a)])),
            new("raters", [.. Results.Raters.Select(r => $"{r.Rater}: {r.Votes} votes, {r.Skipped} skipped"
                + $"{(r.MedianSeconds is { } s ? $", {s:0.0} s a vote (median)" : "")}{(r.Finished ? "" : ", not finished")}")]),
        ],
    };

    private static IEnumerable<string> AgainstLines(PeopleAgainst other)
    {
        yield return other.Agreement is { } a
            ? $"where both prefer one image, it is the same in {Numbers.Share(a.Value)} ({Numbers.Range(a.Interval)})"
            : "there is no prompt on which both prefer one image";
        foreach (var (side, counts) in other.Counts.Index())
        {
            yield return $"people prefer {PeopleAgainst.Sides[side]}: the {other.Who} prefers first {counts[0]}, neither {counts[1]}, second {counts[2]}";
        }
    }

    private string Csv()
    {
        var text = new StringBuilder(CsvHeading).Append('\n');
        Row("verdict", Manifest.Name, null, null, null, Verdict);
        foreach (var warning in Warnings)
        {
            Row("warning", Manifest.Name, null, null, null, warning);
        }

        foreach (var r in Rows)
        {
            foreach (var (measure, estimate) in Measures(r))
            {
                Row("preference", r.Category ?? "all", measure, r.Prompts, estimate);
            }

            Row("preference", r.Category ?? "all", "sign_test_p", r.PromptsWon + r.PromptsLost, new(r.SignP, new(double.NaN, double.NaN)), $"{r.PromptsWon} won, {r.PromptsLost} lost");
        }

        Row("agreement", "raters", "krippendorff_alpha", Results.AlphaPairs, Results.Alpha is { } alpha ? new(alpha, new(double.NaN, double.NaN)) : null);
        Row("agreement", "self", "same_answer", Results.RepeatedVotes, Results.Consistent);
        Row("agreement", "sides", "side_p", Results.Left + Results.Right, new(Results.SideP, new(double.NaN, double.NaN)), $"{Results.Left} left, {Results.Right} right");
        foreach (var against in Against)
        {
            Row("against", against.Who, "agreement", against.Prompts, against.Agreement);
        }

        return text.ToString();

        void Row(string kind, string subject, string? measure, int? n, Estimate? value, string? note = null) => CsvFormat.Row(
            text, [kind, subject, measure, n, value?.Value, Known(value?.Interval.Low), Known(value?.Interval.High), note]);

        double? Known(double? end) => end is { } number && double.IsNaN(number) ? null : end;
    }

    private static IEnumerable<(string, Estimate)> Measures(StudyPreference r) =>
        [("net", r.Net), ("win", r.Win), ("tie", r.Tie), ("loss", r.Loss), ("both_bad", r.Bad)];

    private string Json() => JsonFormat.Document(json =>
    {
        json.WriteString("study", Manifest.Name);
        json.WriteString("sweep", Manifest.Sweep);
        json.WriteString("verdict", Verdict);
        JsonFormat.Texts(json, "warnings", Warnings);
        json.WriteString("first", First);
        json.WriteString("second", Second);
        json.WriteString("question", Manifest.Question);
        json.WriteNumber("pairs", Manifest.Pairs.Count);
        json.WriteNumber("asked", Manifest.Asked.Count);
        json.WriteString("status", Results.IsComplete ? "complete" : "INCOMPLETE");
        JsonFormat.Objects(json, "preferences", Rows, (_, r) =>
        {
            json.WriteString("category", r.Category);
            json.WriteNumber("prompts", r.Prompts);
            json.WriteNumber("votes", r.Votes);
            foreach (var (measure, estimate) in Measures(r))
            {
                JsonFormat.Estimate(json, measure, estimate);
            }

            JsonFormat.Estimate(json, "net_over_prompts", new(r.Net.Value, r.OverPrompts));
            json.WriteString("test", r.Test);
            json.WriteNumber("p", r.P);
            json.WriteNumber("prompts_won", r.PromptsWon);
            json.WriteNumber("prompts_lost", r.PromptsLost);
            json.WriteNumber("sign_test_p", r.SignP);
        });
        JsonFormat.Number(json, "krippendorff_alpha", Results.Alpha);
        JsonFormat.Estimate(json, "same_answer_again", Results.Consistent);
        json.WriteNumber("left", Results.Left);
        json.WriteNumber("right", Results.Right);
        json.WriteNumber("side_p", Results.SideP);
        JsonFormat.Objects(json, "against", Against, (_, a) =>
        {
            json.WriteString("who", a.Who);
            JsonFormat.Estimate(json, "agreement", a.Agreement);
            foreach (var (side, counts) in a.Counts.Index())
            {
                json.WriteStartArray($"people_{PeopleAgainst.Sides[side]}");
                foreach (var count in counts)
                {
                    json.WriteNumberValue(count);
                }

                json.WriteEndArray();
            }
        });
        JsonFormat.Objects(json, "raters", Results.Raters, (_, r) =>
        {
            json.WriteString("rater", r.Rater);
            json.WriteNumber("votes", r.Votes);
            json.WriteNumber("skipped", r.Skipped);
            json.WriteBoolean("finished", r.Finished);
            JsonFormat.Number(json, "median_seconds", r.MedianSeconds);
        });
        JsonFormat.Texts(json, "notes", Notes);
    });
}
