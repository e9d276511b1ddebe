using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Exchange.Imports;

namespace ReflectDiT.Eval.Exchange.Studies;

/// <summary>A study in a file: its manifest with all votes (JSON), or the votes alone, one a line (CSV).</summary>
public sealed record StudyFile(StudyManifest Manifest, IReadOnlyList<VoteRecord> Votes)
{
    public const string Json = ".json";
    public const string Csv = ".csv";

    private static readonly JsonSerializerOptions Indented = new(SettingsJson.Form) { WriteIndented = true, NewLine = "\n" };

    private static readonly string[] Columns = ["rater", "showing", "prompt_index", "prompt", "left", "answer", "again", "seconds"];
    private static readonly string[] Needed = ["rater", "prompt_index", "left", "answer"];

    public static StudyFile Of(StudyManifest manifest, IReadOnlyList<StudyVote> votes) =>
        new(manifest, [.. votes.Select(v => VoteRecord.Of(manifest, v))]);

    /// <param name="ending"><see cref="Json"/> or <see cref="Csv"/>.</param>
    public string Write(string ending) => ending == Json
        ? JsonSerializer.Serialize(this, Indented) + "\n"
        : Table();

    /// <summary>A manifest with its votes.</summary>
    /// <exception cref="FormatException">It is none; the message names line and key.</exception>
    /// <exception cref="RecordException">It cannot be read, or votes do not fit the manifest.</exception>
    public static (StudyManifest Manifest, IReadOnlyList<StudyVote> Votes) ReadJson(string file)
    {
        var read = SettingsJson.Read<StudyFile>(file, InputText.Read(file).Text);
        return (read.Manifest, VoteRecord.Votes(file, read.Manifest, [.. read.Votes.Select(v => ((int?)null, v))]));
    }

    /// <summary>
    /// Votes of a study: columns <c>rater</c>, <c>prompt_index</c>, <c>left</c> (the name of the arm on the left) and
    /// <c>answer</c>; <c>showing</c>, by default in the order of the lines, <c>again</c> and <c>seconds</c> where they are known.
    /// </summary>
    /// <exception cref="RecordException">A line that is no vote of the study.</exception>
    public static IReadOnlyList<StudyVote> ReadCsv(string file, StudyManifest manifest)
    {
        var rows = CsvReader.Rows(InputText.Read(file).Text, (line, fault) => new RecordException(file, line, fault)).ToList();
        var header = rows.Count > 0 ? rows[0].Fields : [];
        if (Needed.FirstOrDefault(c => !header.Contains(c)) is { } missing)
        {
            throw new RecordException(file, 1, $"no column {missing}; needed are {string.Join(", ", Needed)}");
        }

        if (header.FirstOrDefault(c => !Columns.Contains(c)) is { } unknown)
        {
            throw new RecordException(file, 1, $"unknown column '{unknown}'; known are {string.Join(", ", Columns)}");
        }

        var counts = new Dictionary<string, int>();
        return VoteRecord.Votes(file, manifest, [.. rows.Skip(1).Select(r => ((int?)r.Line, Record(new(file, r.Line, header, r.Fields))))]);

        VoteRecord Record(CsvRow row)
        {
            var rater = row.Needed("rater", row.Text("rater"));
            var place = counts[rater] = counts.GetValueOrDefault(rater) + 1;
            var answer = row.Needed("answer", row.Text("answer"));
            return new(
                rater,
                row.Integer("showing", 0) ?? place - 1,
                row.Needed("prompt_index", row.Integer("prompt_index", 0)),
                row.Needed("left", row.Text("left")),
                Enum.GetValues<StudyAnswer>().Select(a => (StudyAnswer?)a).FirstOrDefault(a => SettingsJson.Key(a!.Value) == answer)
                    ?? throw row.Fault("answer", $"one of {string.Join(", ", Enum.GetValues<StudyAnswer>().Select(SettingsJson.Key))}"),
                row.Flag("again") ?? false,
                row.Number("seconds", 0, 1e9));
        }
    }

    private string Table()
    {
        var prompts = Manifest.Pairs.ToDictionary(p => p.Prompt, p => p.Text);
        var text = new StringBuilder(string.Join(',', Columns)).Append('\n');
        foreach (var v in Votes)
        {
            CsvFormat.Row(text, [v.Rater, v.Showing, v.PromptIndex, prompts[v.PromptIndex], v.Left, SettingsJson.Key(v.Answer), v.Again, v.Seconds]);
        }

        return text.ToString();
    }
}
