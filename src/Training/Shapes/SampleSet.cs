using System.Text.Json;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Training.Shapes;

/// <param name="Prompt">Index of the training prompt.</param>
/// <param name="Fault">The sentence that says what is wrong with the image; null for nothing.</param>
internal sealed record Sample(int Prompt, string? Fault);

/// <summary>
/// The generator's own images of training prompts: their pixels in one file, one line each in another. A line is written
/// behind its pixels, so that what a stopped run leaves half done is not there.
/// </summary>
internal sealed class SampleSet
{
    private readonly string _pixels;
    private readonly string _lines;
    private readonly List<Sample> _samples;

    public SampleSet(string folder)
    {
        Directory.CreateDirectory(folder);
        (_pixels, _lines) = (Path.Combine(folder, "images.rgb"), Path.Combine(folder, "images.jsonl"));
        var text = File.Exists(_lines) ? File.ReadAllText(_lines) : "";
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        _samples = [.. whole.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Sample>(line)!)];
        if (whole.Length < text.Length)
            Keep(_samples.Count);
    }

    public IReadOnlyList<Sample> All => _samples;

    /// <summary>Adds images behind the others.</summary>
    public void Add(IReadOnlyList<(Sample Sample, RgbImage Image)> images)
    {
        using (var pixels = new FileStream(_pixels, FileMode.OpenOrCreate, FileAccess.Write))
        {
            pixels.Position = (long)_samples.Count * Scenes.Numbers;
            foreach (var (_, image) in images)
                pixels.Write(image.Rgb);
            pixels.Flush(flushToDisk: true);
        }

        _samples.AddRange(images.Select(image => image.Sample));
        File.AppendAllLines(_lines, images.Select(image => JsonSerializer.Serialize(image.Sample)));
    }

    /// <summary>Keeps the first so many.</summary>
    public void Keep(int count)
    {
        _samples.RemoveRange(count, _samples.Count - count);
        File.WriteAllLines(_lines, _samples.Select(sample => JsonSerializer.Serialize(sample)));
    }

    /// <summary>Reads images by their places; may be called from one thread at a time.</summary>
    public Func<int, RgbImage> Reader()
    {
        var pixels = File.OpenHandle(_pixels);
        return index =>
        {
            var rgb = new byte[Scenes.Numbers];
            RandomAccess.Read(pixels, rgb, (long)index * Scenes.Numbers);
            return new(Scenes.Size, Scenes.Size, rgb);
        };
    }
}
