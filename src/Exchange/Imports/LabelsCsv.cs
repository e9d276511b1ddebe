using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>
/// What people say of images, one image a line: the columns of an exported table of attempts that name it, and <c>label</c>.
/// Nothing is passed over: a label that is lost would change which prompts are a random sample.
/// </summary>
public static class LabelsCsv
{
    private const string Label = "label";

    private static readonly string[] Needed = ["arm", "prompt_index", "attempt", Label];

    /// <exception cref="RecordException">A line that is no label of an image of the sweep.</exception>
    public static IReadOnlyList<ImageLabel> Read(string file, SweepResults sweep)
    {
        var rows = CsvReader.Rows(InputText.Read(file).Text, (line, fault) => new RecordException(file, line, fault)).ToList();
        var header = rows.Count > 0
            ? rows[0].Fields
            : throw new RecordException(file, null, $"empty; expected a line of column names: {string.Join(", ", Needed)}");
        string[] known = [.. AttemptsCsv.Columns(judged: true), Label];
        if (Needed.FirstOrDefault(c => !header.Contains(c)) is { } missing)
        {
            throw new RecordException(file, 1, $"no column {missing}; needed are {string.Join(", ", Needed)}");
        }

        if (header.FirstOrDefault(c => !known.Contains(c)) is { } unknown)
        {
            throw new RecordException(file, 1, $"unknown column '{unknown}'; known are {string.Join(", ", known)}");
        }

        if (header.CountBy(c => c).FirstOrDefault(c => c.Value > 1).Key is { } twice)
        {
            throw new RecordException(file, 1, $"the column {twice} is given twice");
        }

        var chains = sweep.Arms.ToDictionary(a => a.Name, a => a.Chains.ToDictionary(c => (c.Prompt, c.Replicate)));
        var lines = new Dictionary<(string, int, int, int), int>();
        var labels = new List<ImageLabel>();
        foreach (var (line, fields) in rows.Skip(1))
        {
            var label = Read(new CsvRow(file, line, header, fields), sweep, chains);
            if (!lines.TryAdd((label.Arm, label.Prompt, label.Replicate, label.Attempt), line))
            {
                throw new RecordException(
                    file, line, $"the image of line {lines[(label.Arm, label.Prompt, label.Replicate, label.Attempt)]} again: give each image one label; "
                        + "of several people, their mean");
            }

            labels.Add(label);
        }

        return labels.Count > 0 ? labels : throw new RecordException(file, null, "no label below the names of the columns");
    }

    private static ImageLabel Read(
        CsvRow row, SweepResults sweep, Dictionary<string, Dictionary<(int Prompt, int Replicate), ChainResult>> chains)
    {
        var arm = Nfc.Normalize(row.Needed("arm", row.Text("arm")));
        if (!chains.TryGetValue(arm, out var ofArm))
        {
            throw row.Fault("arm", $"one of {string.Join(", ", chains.Keys.Select(a => $"'{a}'"))}");
        }

        var prompt = row.Needed("prompt_index", row.Integer("prompt_index", 0));
        if (prompt >= sweep.Prompts.Count)
        {
            throw row.Fault("prompt_index", $"one of the sweep's {sweep.Prompts.Count} prompts, from 0");
        }

        if (row.Text("prompt") is { } text && Nfc.Normalize(text) != Nfc.Normalize(sweep.Prompts[prompt].Prompt))
        {
            throw row.Fault("prompt", $"that of prompt {prompt}, '{sweep.Prompts[prompt].Prompt}'");
        }

        var replicate = row.Integer("replicate", 0) ?? 0;
        if (!ofArm.TryGetValue((prompt, replicate), out var chain))
        {
            throw row.Fault("replicate", $"a finished chain of '{arm}' for prompt {prompt}");
        }

        var attempt = row.Needed("attempt", row.Integer("attempt", 0));
        return attempt < chain.Attempts.Count
            ? new(arm, prompt, replicate, attempt, Value(row))
            : throw row.Fault("attempt", $"one of the chain's {chain.Attempts.Count}, from 0");
    }

    /// <summary>Good or not, or a number between.</summary>
    private static double Value(CsvRow row) => row.Text(Label) switch
    {
        "true" or "True" or "TRUE" => 1,
        "false" or "False" or "FALSE" => 0,
        _ => row.Needed(Label, row.Number(Label, 0, 1)),
    };
}
