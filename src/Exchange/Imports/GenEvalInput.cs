using System.Globalization;
using System.Text.RegularExpressions;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>
/// The results of GenEval's own scorer (evaluate_images.py): one line an image. An image is a chain of one attempt, and
/// its number in the prompt's folder is the replicate.
/// </summary>
public static partial class GenEvalInput
{
    /// <param name="path">The results file, or a folder that holds it beside the images.</param>
    /// <exception cref="InvalidDataException">There is no such file, or more than one.</exception>
    /// <exception cref="RecordException">The file as such cannot be read.</exception>
    public static ArmInput Read(string path, string arm)
    {
        var tree = Directory.Exists(path) ? InputTree.Of(path) : null;
        var file = tree is null ? path : ResultsFile(tree);
        var input = InputText.Read(file, tree?.Root);
        var (records, findings) = (new List<(RecordedAttempt Record, long? Number)>(), new List<Finding>());
        var unknown = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (index, text) in input.Text.Split('\n').Index())
        {
            try
            {
                // The published scorer writes an empty line where it had no image.
                if (!string.IsNullOrWhiteSpace(text))
                {
                    var json = RecordJson.Parse(file, index + 1, text);
                    var record = RecordJson.Read(file, index + 1, json, null, 0, 0, passOrFail: true);
                    var image = RecordJson.Text(json, "filename")?.Replace('\\', '/');
                    records.Add((record with { Image = tree is null ? null : ImageOf(tree, image) }, ImageNumber(image)));
                    unknown.UnionWith(RecordJson.UnknownKeys(json));
                }
            }
            catch (RecordException e)
            {
                findings.Add(e.Finding);
            }
        }

        if (unknown.Count > 0)
        {
            findings.Add(new(
                FindingKind.UnknownKey, $"keys that are not imported: {string.Join(", ", unknown)}", file));
        }

        if (tree is not null)
        {
            findings.AddRange(tree.Findings);
            findings.AddRange(WithoutRecord(tree, records.Count));
        }

        return new(arm, ArmInput.GenEval, path, input.Sha256, Numbered(path, records, findings), [], findings);
    }

    /// <summary>An image without a number follows its prompt's others.</summary>
    private static List<RecordedAttempt> Numbered(
        string path, List<(RecordedAttempt Record, long? Number)> records, List<Finding> findings)
    {
        var last = records.Select(r => r.Number ?? -1).DefaultIfEmpty(-1).Max();
        var numbered = records.ConvertAll(r => (r.Record, Number: r.Number ?? ++last));
        var ranks = new ReplicateNumbers(path, numbered.Select(r => (r.Record.Prompt, r.Number)));
        findings.AddRange(ranks.Findings(path));
        return numbered.ConvertAll(r => r.Record with { Replicate = ranks[r.Record.Prompt, r.Number] });
    }

    private static string ResultsFile(InputTree tree) =>
        tree.Files
            .Where(f => Path.GetDirectoryName(Path.GetRelativePath(tree.Root, f)) == "")
            .Where(f => f.EndsWith(".jsonl", StringComparison.Ordinal) || f.EndsWith(".jsonl.gz", StringComparison.Ordinal))
            .ToArray() switch
        {
            [var one] => one,
            [] => throw new InvalidDataException(
                $"{tree.Root}: no results file (*.jsonl) in it, as evaluate_images.py writes it"),
            var more => throw new InvalidDataException(
                $"{tree.Root}: {more.Length} files could be the results; name one: {string.Join(", ", more.Take(10))}"),
        };

    /// <summary>Images that the published scorer passed over: it takes names of digits and ".png" alone.</summary>
    private static IEnumerable<Finding> WithoutRecord(InputTree tree, int scored)
    {
        var images = tree.Files.Where(f => Path.GetRelativePath(tree.Root, f).Split('/') is [var prompt, "samples", _]
            && prompt.All(char.IsAsciiDigit)).ToList();
        foreach (var image in images.Where(i => !ScoredName().IsMatch(Path.GetFileName(i))))
        {
            yield return new(
                FindingKind.NoRecord, "the published scorer ignores this name; it has no record", image);
        }

        var taken = images.Count(i => ScoredName().IsMatch(Path.GetFileName(i)));
        if (taken > 0 && taken != scored)
        {
            yield return new(
                FindingKind.NoRecord, $"{taken} images in the folder, {scored} records in its results", tree.Root);
        }
    }

    /// <summary>The image in this folder, which may have moved since it was scored.</summary>
    private static RecordedImage? ImageOf(InputTree tree, string? filename) =>
        filename?.Split('/') is [.., var prompt, "samples", var image]
        && new RecordedImage(tree.Root, $"{prompt}/samples/{image}") is var found && Path.Exists(found.File) ? found : null;

    private static long? ImageNumber(string? filename) =>
        filename is not null && ImageName().Match(filename) is { Success: true } match
        && long.TryParse(match.Groups["number"].Value, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex(@"(?:^|/)(?<number>\d+)\.\w+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageName();

    [GeneratedRegex(@"^\d+\.png", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ScoredName();
}
