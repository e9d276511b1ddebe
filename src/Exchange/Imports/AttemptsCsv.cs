using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>A table of attempts, one a line: docs/data.md lists the columns. An empty field is unknown.</summary>
public static class AttemptsCsv
{
    private const string Score = "score";
    private const string Passed = ResultRecord.PassKey;
    private const string SelfScored = "self_scored";

    private static readonly string[] All =
    [
        "arm", "n", "simulated", "oracle", SelfScored, "leaked", "published",
        "prompt_index", "tag", "prompt", "replicate", "attempt", Score, Passed, "reason", "shown",
        "accepted", "judge_score", "judge_no_score", "feedback", "judge_text", "context",
        "seed", "image", "wall_seconds", "generator_seconds", "judge_seconds", "function_evaluations", "judge_tokens",
    ];

    private static readonly string[] Required = ["prompt", "attempt"];

    /// <summary>
    /// The columns, in the order in which they are written; arm to published say the same on every line of an arm.
    /// </summary>
    /// <param name="judged">With what a judge as scorer adds: a score that a pass or none does not say, and whose it is.</param>
    public static IReadOnlyList<string> Columns(bool judged) => judged ? All : [.. All.Except([Score, SelfScored])];

    /// <summary>Follow from the prompt, or name an artifact of another ledger.</summary>
    private static readonly string[] NotTaken = ["prompt_index", "image"];

    /// <param name="arm">Name of the arm where the table has no such column.</param>
    /// <exception cref="RecordException">The table as such cannot be read.</exception>
    public static IReadOnlyList<ArmInput> Read(string file, string sha256, string text, string arm, bool passOrFail)
    {
        var rows = CsvReader.Rows(text, (line, fault) => new RecordException(file, line, fault)).ToList();
        var header = rows.Count > 0
            ? rows[0].Fields
            : throw new RecordException(file, null, "empty; expected a line of column names");
        string[] needed = passOrFail ? [.. Required, Passed] : Required;
        string[] known = passOrFail ? [.. All.Where(c => c != Score)] : All;
        if (needed.FirstOrDefault(c => !header.Contains(c)) is { } missing)
        {
            throw new RecordException(
                file, 1, $"no column {missing}; needed are {string.Join(", ", needed)}, known {string.Join(", ", known)}");
        }

        if (header.CountBy(c => c).FirstOrDefault(c => c.Value > 1).Key is { } twice)
        {
            throw new RecordException(file, 1, $"the column {twice} is given twice");
        }

        var common = header.Except(known)
            .Select(c => new Finding(FindingKind.UnknownKey, $"the column {VisibleText.Short(c)} is not imported", file, 1))
            .ToList();
        var arms = new List<ArmLines>();
        foreach (var (line, fields) in rows.Skip(1))
        {
            var row = new CsvRow(file, line, header, fields);
            var name = PlainName.Of(row.Text("arm") ?? arm);
            if (PlainName.Fault(name) is { } fault)
            {
                throw new RecordException(file, line, $"arm: {fault}");
            }

            var index = arms.FindIndex(a => a.Name == name);
            if (index < 0)
            {
                index = arms.Count;
                arms.Add(new(name));
            }

            try
            {
                arms[index].Records.Add(Attempt(row, passOrFail));
                arms[index].Settings.Add((row.Integer("n", 1, ArmInput.MostAttempts), row.Text("published")));
            }
            catch (RecordException e)
            {
                arms[index].Findings.Add(e.Finding);
                if (row.Field("prompt") is { } prompt && int.TryParse(row.Field("attempt"), out var attempt)
                    && attempt is >= 0 and < ArmInput.MostAttempts)
                {
                    var replicate = int.TryParse(row.Field("replicate"), out var r) && r >= 0 ? r : 0;
                    arms[index].Broken.Add(new(prompt, replicate, attempt, e.Finding.ToString()));
                }
            }
        }

        common.AddRange(Rank(file, arms));
        return [.. arms.Select((a, i) => new ArmInput(
            a.Name, ArmInput.Csv, file, sha256, a.Records, a.Broken, i == 0 ? [.. common, .. a.Findings] : a.Findings,
            a.Settings.Max(s => s.N),
            a.Settings.Select(s => s.Published).FirstOrDefault(p => p is not null)))];
    }

    /// <summary>Gives the replicates of all arms their ranks, so that what was paired stays so.</summary>
    private static IEnumerable<Finding> Rank(string file, List<ArmLines> arms)
    {
        var ranks = new ReplicateNumbers(
            file, arms.SelectMany(a => a.Records.Select(r => (r.Prompt, (long)r.Replicate)).Concat(a.Broken.Select(b => (b.Prompt, (long)b.Replicate)))));
        foreach (var arm in arms)
        {
            var (records, broken) = (arm.Records.ToList(), arm.Broken.ToList());
            arm.Records.Clear();
            arm.Records.AddRange(records.Select(r => r with { Replicate = ranks[r.Prompt, r.Replicate] }));
            arm.Broken.Clear();
            arm.Broken.AddRange(broken.Select(b => b with { Replicate = ranks[b.Prompt, b.Replicate] }));
        }

        return ranks.Findings(file);
    }

    /// <summary>A line of <see cref="Columns"/>.</summary>
    public static string Line(IEnumerable<object?> values) => string.Join(',', values.Select(CsvFormat.Field)) + "\n";

    /// <summary>A context as text: "0:judge;3:scorer".</summary>
    public static string Context(IEnumerable<(int Attempt, FeedbackSource Source)> context) =>
        string.Join(';', context.Select(
            c => $"{c.Attempt}:{(c.Source is FeedbackSource.Scorer ? "scorer" : "judge")}"));

    private static RecordedAttempt Attempt(CsvRow row, bool passOrFail)
    {
        var accepted = row.Flag("accepted");
        if (accepted is null
            && (row.Text("judge_score") ?? row.Text("judge_no_score") ?? row.Text("feedback")) is not null)
        {
            throw row.Fault("accepted", "true or false beside the judge's other words");
        }

        return new RecordedAttempt(
            row.File, row.Line, row.Needed("prompt", row.Text("prompt")), row.Integer("replicate", 0) ?? 0,
            row.Needed("attempt", row.Integer("attempt", 0, ArmInput.MostAttempts - 1)), Scored(row, passOrFail))
        {
            Tag = row.Text("tag"),
            ShownAfter = row.Integer("shown", 0),
            Verdict = accepted is { } yes
                ? new(
                    yes,
                    row.Number("judge_score", 0, 1),
                    row.Number("judge_no_score", 0, 1),
                    row.Has("feedback") ? row.Text("feedback") ?? "" : null)
                : null,
            JudgeText = row.Text("judge_text"),
            Context = Context(row),
            Seed = row.Long("seed"),
            Costs = new(
                row.Number("wall_seconds", 0, double.MaxValue),
                row.Number("generator_seconds", 0, double.MaxValue),
                row.Number("judge_seconds", 0, double.MaxValue),
                row.Integer("function_evaluations", 0),
                row.Integer("judge_tokens", 0)),
            Simulated = row.Flag("simulated") ?? false,
            UsesScorer = row.Flag("oracle") ?? false,
            SelfScored = row.Flag(SelfScored) ?? false,
            Leaked = row.Flag("leaked") ?? false,
        };
    }

    private static Score? Scored(CsvRow row, bool passOrFail)
    {
        var value = passOrFail ? null : row.Number(Score, 0, 1);
        var passed = passOrFail ? row.Needed(Passed, row.Flag(Passed)) : row.Flag(Passed);

        // What passes has no reason: an empty field says so. That of what does not is unknown.
        var reason = row.Text("reason") ?? (row.Has("reason") && passed == true ? "" : null);
        return (value ?? (passed is { } pass ? (pass ? 1 : 0) : null)) is { } known
            ? new(known, passed, reason, Evidence: null)
            : null;
    }

    private static List<RecordedContext>? Context(CsvRow row)
    {
        if (!row.Has("context"))
        {
            return null;
        }

        var items = new List<RecordedContext>();
        foreach (var item in (row.Text("context") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (item.Split(':') is not [var attempt, ("judge" or "scorer") and var source]
                || !int.TryParse(attempt, out var index))
            {
                throw row.Fault("context", "items such as 0:judge or 0:scorer, joined by ';'");
            }

            items.Add(new(index, null, source == "scorer" ? FeedbackSource.Scorer : FeedbackSource.Judge));
        }

        return items;
    }

    /// <summary>What the lines of one arm say.</summary>
    private sealed record ArmLines(string Name)
    {
        public List<RecordedAttempt> Records { get; } = [];

        public List<BrokenAttempt> Broken { get; } = [];

        public List<Finding> Findings { get; } = [];

        public List<(int? N, string? Published)> Settings { get; } = [];
    }
}
