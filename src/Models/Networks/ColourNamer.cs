using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Networks.Tokenizers;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>
/// Names an object's colour as GenEval does (color_classification of its evaluate_images.py): what of the image is not the
/// object becomes grey, its box is cut out, and CLIP says which colour's sentences are nearest.
/// </summary>
internal sealed class ColourNamer : IDisposable
{
    /// <summary>Crops that are looked at together.</summary>
    private const int Together = 16;

    private readonly Clip _clip;
    private readonly Tokenizer _tokenizer;
    private readonly Device _device;
    private readonly Dictionary<string, Tensor> _classifiers = new(StringComparer.Ordinal);

    /// <exception cref="CheckpointException">The folder does not hold what it should.</exception>
    public ColourNamer(string folder, ClipPrecision precision, Device device)
    {
        var tokenizer = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(tokenizer))
            throw new CheckpointException($"{folder} holds no tokenizer.json");
        Files = [.. Clip.FilesOf(folder).Append(tokenizer).Select(path => ($"clip/{Path.GetFileName(path)}", path))];
        (_tokenizer, _device) = (Tokenizer.Open(folder), device);
        _clip = Clip.Load(folder, precision, device);
    }

    /// <summary>All that decides what it says.</summary>
    public IReadOnlyList<(string Name, string Path)> Files { get; }

    /// <summary>The colour of each object; null for one without extent.</summary>
    public string?[] NamesOf(RgbImage image, IReadOnlyList<FoundObject> objects)
    {
        var names = new string?[objects.Count];
        foreach (var batch in objects.Index().Where(o => o.Item.Right > o.Item.Left && o.Item.Bottom > o.Item.Top).Chunk(Together))
        {
            using var scope = NewDisposeScope();
            var size = _clip.Config.ImageSize;
            var features = _clip.EncodeImages(stack([.. batch.Select(o => tensor(ClipImage.Preprocess(Crop(image, o.Item), size), [3, size, size]))]).to(_device));
            foreach (var (row, (index, found)) in batch.Index())
                names[index] = DetectorWords.Colours[(int)_clip.Logits(features.narrow(0, row, 1), Classifier(found.Kind)).argmax(-1).item<long>()];
        }

        return names;
    }

    public void Dispose()
    {
        foreach (var classifier in _classifiers.Values)
            classifier.Dispose();
        _clip.Dispose();
    }

    private static RgbImage Crop(RgbImage image, FoundObject found) =>
        ObjectCrop.Cut(ObjectCrop.Isolate(image, found.Mask()), found.Left, found.Top, found.Right, found.Bottom);

    private Tensor Classifier(string kind)
    {
        if (!_classifiers.TryGetValue(kind, out var classifier))
        {
            classifier = Clip.Classifier(
                _clip.EncodeTexts(_clip.Tokens(_tokenizer, DetectorWords.Sentences(kind))), DetectorWords.Colours.Count);
            _classifiers.Add(kind, classifier.DetachFromDisposeScope());
        }

        return classifier;
    }
}
