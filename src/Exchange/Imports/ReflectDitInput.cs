using System.Text.RegularExpressions;
using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>
/// The folder that the released code leaves (eval.py): <c>00042/samples/00003.png.feedback.json</c> is attempt 3 of a
/// chain, <c>00042/metadata.jsonl</c> its prompt, <c>annotations_rank_*.json</c> what a run did.
/// </summary>
public static partial class ReflectDitInput
{
    private const string Suffix = ".feedback.json";

    /// <param name="passOrFail">As for <see cref="ResultRecord.Read"/>.</param>
    /// <exception cref="InvalidDataException">There is no such folder.</exception>
    public static ArmInput Read(string folder, string arm, bool passOrFail)
    {
        if (!Directory.Exists(folder))
        {
            throw new InvalidDataException(
                $"{folder}: no such folder; expected the one that eval.py writes, gen_eval_NAME");
        }

        var tree = InputTree.Of(folder);
        var files = tree.Files;
        var reading = new Reading(tree.Root, [.. files], passOrFail);
        reading.Findings.AddRange(tree.Findings);

        // The published analysis strips ".png" alone, so that a record of a .png counts before one of a .jpg.
        foreach (var file in files.Where(f => f.EndsWith(Suffix, StringComparison.Ordinal))
            .OrderBy(f => f.EndsWith(".png" + Suffix, StringComparison.Ordinal) ? 0 : 1))
        {
            reading.Record(file);
        }

        foreach (var image in files.Where(f => ImageName().IsMatch(Path.GetFileName(f)) && !reading.Has(f + Suffix)))
        {
            reading.Findings.Add(new(
                FindingKind.NoRecord, "an image without a record; the run was cut off before it was judged", image));
        }

        var annotations = files
            .Where(f => Path.GetFileName(f).StartsWith("annotations_rank_", StringComparison.Ordinal))
            .ToList();
        annotations.ForEach(reading.Annotations);
        reading.Close(annotations.Count > 0);
        return new(
            arm,
            ArmInput.ReflectDit,
            folder,
            InputText.HashOf(reading.Hashes),
            reading.Records,
            reading.Broken,
            reading.Findings);
    }

    /// <summary>The number of an image, as its name has it.</summary>
    [GeneratedRegex(
        @"^(?<number>\d{1,9})\.(png|jpe?g|webp)$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageName();

    private sealed class Reading(string root, HashSet<string> files, bool passOrFail)
    {
        private readonly Dictionary<string, string?> _prompts = [];
        private readonly HashSet<string> _read = [];
        private readonly SortedSet<string> _unknown = new(StringComparer.Ordinal);
        private readonly Dictionary<(string Folder, int Index), RecordedAttempt> _byFolder = [];
        private readonly List<(string Folder, int Index, string Reason)> _broken = [];

        public List<RecordedAttempt> Records { get; } = [];

        public List<BrokenAttempt> Broken { get; } = [];

        public List<Finding> Findings { get; } = [];

        public List<(string Name, string Sha256)> Hashes { get; } = [];

        public bool Has(string file) => _read.Contains(file);

        public void Record(string file)
        {
            _read.Add(file);
            var name = Path.GetFileName(file)[..^Suffix.Length];
            var folder = Path.GetDirectoryName(file)!;
            folder = Path.GetFileName(folder) == "samples" ? Path.GetDirectoryName(folder)! : folder;
            var index = ImageName().Match(name) is { Success: true } match
                ? int.Parse(match.Groups["number"].Value)
                : (int?)null;
            try
            {
                var prompt = Prompt(folder);
                var json = RecordJson.Latest(file, RecordJson.Parse(file, null, Take(file)));
                var at = index ?? throw new RecordException(file, null, $"expected a name such as 00003.png{Suffix}");
                if (at >= ArmInput.MostAttempts)
                {
                    throw new RecordException(file, null, $"expected the number of an attempt, below {ArmInput.MostAttempts}, found {at}");
                }

                var record = RecordJson.Read(file, null, json, prompt, 0, at, passOrFail);
                _unknown.UnionWith(RecordJson.UnknownKeys(json));
                if (prompt is not null && record.Prompt != prompt)
                {
                    Findings.Add(new(
                        FindingKind.Contradiction,
                        $"its prompt is \"{record.Prompt}\", its folder's \"{prompt}\"; its own counts",
                        file));
                }

                if (Path.GetFileName(RecordJson.Text(json, "filename")?.Replace('\\', '/')) is { } named
                    && named != name)
                {
                    Findings.Add(new(
                        FindingKind.Contradiction, $"it names the image {named}; the name of its own file counts", file));
                }

                var image = file[..^Suffix.Length];
                record = record with { Image = files.Contains(image) ? new(root, Path.GetRelativePath(root, image)) : null };
                Records.Add(record);
                _byFolder.TryAdd((Path.GetFileName(folder), at), record);
            }
            catch (RecordException e)
            {
                Findings.Add(e.Finding);
                _broken.Add((folder, Math.Min(index ?? 0, ArmInput.MostAttempts - 1), e.Finding.ToString()));
            }
        }

        public void Annotations(string file)
        {
            try
            {
                Findings.AddRange(ReplayLeak.Find(file, RecordJson.Parse(file, null, Take(file)), _byFolder));
            }
            catch (RecordException e)
            {
                Findings.Add(e.Finding);
            }
        }

        public void Close(bool annotated)
        {
            var whole = Records.Select(r => (r.Prompt, r.Index)).ToHashSet();
            var siblings = Records.ToLookup(r => Path.GetDirectoryName(r.File)!, r => r.Prompt);
            foreach (var (folder, index, reason) in _broken)
            {
                var prompt = _prompts[folder]
                    ?? siblings[Path.Combine(folder, "samples")].Concat(siblings[folder]).FirstOrDefault();
                if (prompt is not null && !whole.Contains((prompt, index)))
                {
                    Broken.Add(new(prompt, 0, index, reason));
                }
            }

            if (_unknown.Count > 0)
            {
                Findings.Add(new(
                    FindingKind.UnknownKey, $"keys that are not imported: {string.Join(", ", _unknown)}", root));
            }

            if (!annotated && Records.Exists(r => r.Index > 0 && r.Context is null && !r.Leaked))
            {
                Findings.Add(new(
                    FindingKind.ResumeUnknown,
                    "no annotations_rank_*.json and no contexts: whether the run was resumed, and then read the "
                    + "detector's words, cannot be told",
                    root));
            }
        }

        /// <summary>Of a chain's folder; null where it does not say.</summary>
        private string? Prompt(string folder)
        {
            if (!_prompts.TryGetValue(folder, out var prompt))
            {
                _prompts[folder] = null;
                var file = Path.Combine(folder, "metadata.jsonl");
                try
                {
                    prompt = files.Contains(file)
                        ? RecordJson.Text(RecordJson.Parse(file, null, Take(file)), "prompt")
                        : null;
                }
                catch (RecordException e)
                {
                    Findings.Add(e.Finding);
                }
                catch (InvalidDataException e)
                {
                    Findings.Add(new(FindingKind.Unreadable, e.Message, file));
                }

                _prompts[folder] = prompt;
            }

            return prompt;
        }

        private string Take(string file)
        {
            var input = InputText.Read(file, root);
            Hashes.Add((Path.GetRelativePath(root, file), input.Sha256));
            return input.Text;
        }
    }
}
