using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>An image that GenEval scores.</summary>
/// <param name="Name">Within the folder, as <c>00042/samples/0000.png</c>.</param>
public sealed record GenEvalImage(string Name, PromptMetadata Prompt)
{
    /// <summary>What it should show, as a line of its prompt's file.</summary>
    public string Metadata => MetadataJson.Write(Prompt);
}

/// <summary>
/// Images as evaluate_images.py finds them: a folder of digits for each prompt, with <c>metadata.jsonl</c> and, in
/// <c>samples</c>, files whose names begin with digits. It takes any image format, the published script .png alone.
/// </summary>
/// <param name="Images">By prompt and number.</param>
/// <param name="Missing">What is not there, in words: images that other prompts have, and published prompts.</param>
public sealed record GenEvalFolder(IReadOnlyList<GenEvalImage> Images, IReadOnlyList<string> Missing)
{
    private static readonly string[] Formats = [".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"];

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="world">Of the benchmark whose prompts they are.</param>
    /// <exception cref="InvalidDataException">It is no such folder, or two images of a prompt have one number.</exception>
    /// <exception cref="IOException">Something in it cannot be read.</exception>
    public static GenEvalFolder Read(string root, ObjectWorld world)
    {
        var (images, missing) = (new List<GenEvalImage>(), new List<string>());
        var prompts = new List<(string Name, PromptMetadata Prompt, SortedDictionary<long, string> Files)>();
        foreach (var (name, _) in Numbered(Directory.EnumerateDirectories(root), whole: true))
        {
            if (Path.Combine(root, name, "metadata.jsonl") is var metadata && !File.Exists(metadata))
                missing.Add($"{name}: it has no metadata.jsonl, and is left out");
            else
                prompts.Add((name, ReadPrompt(metadata, world), ImagesOf(Path.Combine(root, name, "samples"), name)));
        }

        if (prompts.Count == 0)
            throw new InvalidDataException($"{root}: it holds no prompt folder, such as 00000 with metadata.jsonl and samples/0000.png in it");
        var numbers = prompts.SelectMany(prompt => prompt.Files.Keys).Distinct().Order().ToList();
        foreach (var (name, prompt, files) in prompts)
        {
            images.AddRange(files.Values.Select(file => new GenEvalImage($"{name}/samples/{file}", prompt)));
            if (files.Count == 0)
                missing.Add($"{name}: it has no image");
            else
                missing.AddRange(numbers.Where(number => !files.ContainsKey(number)).Select(number => $"{name}/samples/{number:0000}: missing, although other prompts have an image of this number"));
        }

        var there = prompts.Select(prompt => prompt.Prompt.Prompt).ToHashSet(StringComparer.Ordinal);
        var published = PromptSet.Published.Select(prompt => prompt.Prompt).ToList();
        if (there.IsSubsetOf(published) && published.Count(prompt => !there.Contains(prompt)) is > 0 and var absent)
            missing.Add($"{absent} of the {published.Count} published prompts have no folder, the first is \"{published.First(prompt => !there.Contains(prompt))}\"");
        return new(images, missing);
    }

    /// <summary>A line of evaluate_images.py's results, by the published options.</summary>
    /// <param name="filename">As the line calls the image.</param>
    /// <exception cref="InvalidDataException">The detector says what the benchmark does not know.</exception>
    public static string Result(
        ObjectWorld world, string filename, GenEvalImage image, IReadOnlyDictionary<string, IReadOnlyList<Detection>> found)
    {
        var prompt = image.Prompt;
        var score = new GenEvalScorer(world, ModelConfiguration.RanElsewhere, options: null, [prompt]).Score(0, found);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            ResultRecord.Write(json, filename, prompt.Tag, prompt.Prompt, image.Metadata, score, graded: false);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static PromptMetadata ReadPrompt(string path, ObjectWorld world)
    {
        try
        {
            return JsonReading.Line(File.ReadAllText(path).Trim(), json => MetadataJson.Read(json, world.Classes));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    private static SortedDictionary<long, string> ImagesOf(string samples, string prompt)
    {
        var files = new SortedDictionary<long, string>();
        var found = !Directory.Exists(samples) ? [] : Directory.EnumerateFiles(samples)
            .Where(file => Formats.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase));
        foreach (var (name, number) in Numbered(found, whole: false))
        {
            if (!files.TryAdd(number, name))
                throw new InvalidDataException($"{prompt}/samples holds {files[number]} and {name}, which have the same number: keep one of them");
        }

        return files;
    }

    /// <summary>Names that are, or begin with, digits, in the order of their numbers.</summary>
    private static IEnumerable<(string Name, long Number)> Numbered(IEnumerable<string> paths, bool whole) => paths
        .Select(path => Path.GetFileName(path)!)
        .Select(name => (Name: name, Digits: string.Concat(name.TakeWhile(char.IsAsciiDigit))))
        .Where(entry => entry.Digits.Length is > 0 and < 19 && (!whole || entry.Digits.Length == entry.Name.Length))
        .Select(entry => (entry.Name, Number: long.Parse(entry.Digits, CultureInfo.InvariantCulture)))
        .OrderBy(entry => entry.Number).ThenBy(entry => entry.Name, StringComparer.Ordinal);
}
