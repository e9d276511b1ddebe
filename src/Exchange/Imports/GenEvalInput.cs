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
        var file = Directory.Exists(path) ? ResultsFile(path) : path;
        var input = InputText.Read(file);
        var (records, findings) = (new List<RecordedAttempt>(), new List<Finding>());
        var unknown = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (index, text) in input.Text.Split('\n').Index())
        {
            try
            {
                // The published scorer writes an empty line where it had no image.
                if (!string.IsNullOrWhiteSpace(text))
                {
                    var json = RecordJson.Parse(file, index + 1, text);
                    var record = RecordJson.Read(file, index + 1, json, null, -1, 0, passOrFail: true);
                    var image = RecordJson.Text(json, "filename")?.Replace('\\', '/');
                    records.Add(record with
                    {
                        Replicate = ImageNumber(image) ?? -1,
                        ImageFile = path == file ? null : ImageFile(path, image),
                    });
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
                FindingKind.UnknownKey, $"keys that are not taken in: {string.Join(", ", unknown)}", file));
        }

        if (path != file)
        {
            findings.AddRange(WithoutRecord(path, records));
        }

        return new(arm, ArmInput.GenEval, path, input.Sha256, Numbered(records), [], findings);
    }

    /// <summary>
    /// The smallest number of all images is replicate 0; an image without a number follows its prompt's others.
    /// </summary>
    private static List<RecordedAttempt> Numbered(List<RecordedAttempt> records)
    {
        var first = records.Select(r => r.Replicate).Where(r => r >= 0).DefaultIfEmpty(0).Min();
        var next = records.GroupBy(r => r.Prompt)
            .ToDictionary(g => g.Key, g => 1 + Math.Max(-1, g.Max(r => r.Replicate) - first));
        return records.ConvertAll(
            r => r with { Replicate = r.Replicate >= 0 ? r.Replicate - first : next[r.Prompt]++ });
    }

    private static string ResultsFile(string folder) =>
        Directory.GetFiles(folder)
            .Where(f => f.EndsWith(".jsonl", StringComparison.Ordinal) || f.EndsWith(".jsonl.gz", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToArray() switch
        {
            [var one] => one,
            [] => throw new InvalidDataException(
                $"{folder}: no results file (*.jsonl) in it, as evaluate_images.py writes it"),
            var more => throw new InvalidDataException(
                $"{folder}: {more.Length} files could be the results; name one: {string.Join(", ", more)}"),
        };

    /// <summary>Images that the published scorer passed over: it takes names of digits and ".png" alone.</summary>
    private static IEnumerable<Finding> WithoutRecord(string folder, List<RecordedAttempt> records)
    {
        var scored = records.Count;
        var images = Directory.GetDirectories(folder)
            .Where(d => Path.GetFileName(d).All(char.IsAsciiDigit) && Directory.Exists(Path.Combine(d, "samples")))
            .SelectMany(d => Directory.GetFiles(Path.Combine(d, "samples")))
            .Order(StringComparer.Ordinal)
            .ToList();
        foreach (var image in images.Where(i => !ScoredName().IsMatch(Path.GetFileName(i))))
        {
            yield return new(
                FindingKind.NoRecord, "the published scorer passes over this name; it has no record", image);
        }

        var taken = images.Count(i => ScoredName().IsMatch(Path.GetFileName(i)));
        if (taken > 0 && taken != scored)
        {
            yield return new(
                FindingKind.NoRecord, $"{taken} images in the folder, {scored} records in its results", folder);
        }
    }

    /// <summary>The image in this folder, which may have moved since it was scored.</summary>
    private static string? ImageFile(string folder, string? filename) =>
        filename?.Split('/') is [.., var prompt, "samples", var image]
        && Path.Combine(folder, prompt, "samples", image) is var file && File.Exists(file) ? file : null;

    private static int? ImageNumber(string? filename) =>
        filename is not null && ImageName().Match(filename) is { Success: true } match
        && int.TryParse(match.Groups["number"].Value, out var number) && number < 1_000_000 ? number : null;

    [GeneratedRegex(@"(?:^|/)(?<number>\d+)\.\w+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageName();

    [GeneratedRegex(@"^\d+\.png", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ScoredName();
}
