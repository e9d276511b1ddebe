using System.Globalization;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Benchmarks.DpgBench;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>
/// The results of DPG-Bench's own script (compute_dpg_bench.py): one line an image file with the score of each of its
/// pictures and their mean, then a summary. A picture is a chain of one attempt, and its number the replicate. What mPLUG
/// answered is taken from the file beside it that ends in <c>_detail.txt</c>, where it is there.
/// </summary>
public static partial class DpgInput
{
    private const string Ending = ".txt";

    /// <param name="items">Of the benchmark, by item: see <see cref="DpgBenchmark.ItemsOf"/>.</param>
    /// <exception cref="RecordException">The file as such cannot be read.</exception>
    public static ArmInput Read(string file, string arm, IReadOnlyDictionary<string, DpgItem> items)
    {
        var input = InputText.Read(file);
        var detailFile = file.EndsWith(Ending, StringComparison.Ordinal) ? $"{file[..^Ending.Length]}_detail{Ending}" : null;
        var detail = detailFile is not null && File.Exists(detailFile) ? InputText.Read(detailFile) : null;
        var answers = detail is null ? [] : Answers(detail.Text);
        var (records, findings) = (new List<RecordedAttempt>(), new List<Finding>());
        foreach (var (i, text) in input.Text.Split('\n').Index())
        {
            if (text.StartsWith("Model: ", StringComparison.Ordinal))
            {
                break; // the summary follows from the lines above it
            }

            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            if (ImageLine().Match(text) is not { Success: true } line || Scores(line.Groups["scores"].Value) is not { } scores)
            {
                findings.Add(new(FindingKind.Unreadable, $"expected an image file, its scores and their mean, found {VisibleText.Short(text, 200)}", file, i + 1));
                continue;
            }

            var (path, id) = (line.Groups["path"].Value, DpgFiles.ItemOf(line.Groups["path"].Value));
            if (!items.TryGetValue(id, out var item))
            {
                findings.Add(new(FindingKind.UnknownPrompt, $"the item '{VisibleText.Short(id)}' is not of the benchmark: its images are left out", file, i + 1));
                continue;
            }

            for (var picture = 0; picture < scores.Count; picture++)
            {
                var said = answers.GetValueOrDefault((path, picture));
                if (said is not null && said.Count != item.Questions.Count)
                {
                    findings.Add(new(
                        FindingKind.Contradiction, $"{said.Count} answers to {item.Questions.Count} questions about picture {picture} of {VisibleText.Short(path)}: not taken", detailFile));
                    said = null;
                }

                var score = new Score(scores[picture], scores[picture] == 1, scores[picture] == 1 ? "" : null, said is null ? null : DpgBenchmark.Evidence(said));
                records.Add(new(file, i + 1, item.Prompt, picture, 0, score));
            }
        }

        var hash = detail is null ? input.Sha256 : InputText.HashOf([("results", input.Sha256), ("detail", detail.Sha256)]);
        return new(arm, ArmInput.Dpg, file, hash, records, [], findings);
    }

    /// <summary>Of each picture; the last number is their mean.</summary>
    private static List<double>? Scores(string text)
    {
        var numbers = new List<double>();
        foreach (var part in text.Split(", "))
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || number is not (>= 0 and <= 1))
            {
                return null;
            }

            numbers.Add(number);
        }

        var pictures = numbers[..^1];
        return pictures.Count is > 0 and <= DpgFiles.MostPictures && Math.Abs(pictures.Average() - numbers[^1]) < 1e-6 ? pictures : null;
    }

    /// <summary>In the order of the questions, by image file and picture: a file's pictures come one after the other.</summary>
    private static Dictionary<(string Path, int Picture), List<string>> Answers(string text)
    {
        var answers = new Dictionary<(string, int), List<string>>();
        var boxes = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n').Select(l => AnswerLine().Match(l)).Where(m => m.Success))
        {
            var path = line.Groups["path"].Value;
            if (!boxes.TryGetValue(path, out var ofPath))
            {
                boxes.Add(path, ofPath = []);
            }

            var box = line.Groups["box"].Value;
            if (!ofPath.Contains(box))
            {
                ofPath.Add(box);
                answers.Add((path, ofPath.Count - 1), []);
            }

            answers[(path, ofPath.IndexOf(box))].Add(line.Groups["answer"].Value);
        }

        return answers;
    }

    [GeneratedRegex(@"^(?<path>.+?), (?<scores>[\d.eE+-]+(?:, [\d.eE+-]+)+)\r?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageLine();

    [GeneratedRegex(@"^(?<path>.+?), \((?<box>\d+, \d+, \d+, \d+)\), .*, (?<answer>[^,\r]*)\r?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AnswerLine();
}
