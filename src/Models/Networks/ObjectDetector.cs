using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;
using Seen = ReflectDiT.Eval.Core.Detecting.Detection;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>
/// Finds objects with Mask2Former and names their colours with CLIP, as GenEval does. Its placement's path is a folder with
/// two in it: <c>detector</c>, with the file that mmdet publishes, and <c>clip</c>. Images are looked at one by one.
/// </summary>
public sealed class ObjectDetector : IDetector
{
    /// <summary>Lies beside a checkpoint of another size than the published one.</summary>
    private const string ConfigFile = "mask2former.json";

    private readonly Func<RgbImage, IEnumerable<FoundObject>> _find;
    private readonly ColourNamer _colours;
    private readonly IDisposable _network;

    private ObjectDetector(
        ModelConfiguration model, IEnumerable<(string Name, string Path)> files, IDisposable network, Func<RgbImage, IEnumerable<FoundObject>> find,
        ColourNamer colours)
    {
        Digest = FileDigests.OfThisUser.Of(files.Concat(colours.Files));
        Batches = new(model.Batch ?? 1);
        (_network, _find, _colours) = (network, find, colours);
    }

    public string Digest { get; }

    public BatchPolicy Batches { get; }

    /// <summary>GenEval's own: mmdet's Mask2Former on Swin-S.</summary>
    /// <exception cref="NotSupportedException">The placement names no folder.</exception>
    /// <exception cref="CheckpointException">The folder does not hold what it should.</exception>
    public static ObjectDetector Published(ModelConfiguration model, Placement placement, Mask2FormerParameters parameters)
    {
        var (folder, device) = Place(model, placement);
        var config = Path.Combine(folder, ConfigFile);
        var weights = WeightsOf(folder);
        using var checkpoint = Open(weights);
        List<string> files = [.. checkpoint.Files, .. File.Exists(config) ? [config] : Array.Empty<string>()];
        var network = Mask2Former.Load(weights, ReadConfig(config), ScalarType.Float32, device);
        var detector = new Detector(network, device, parameters.Longest, parameters.Shortest);
        return Of(model, placement, files, network, parameters.Clip, image => Find(detector, image, (float)parameters.LeastScore));
    }

    /// <summary>Of another training, and cut in another way: never to be called GenEval's.</summary>
    /// <inheritdoc cref="Published"/>
    public static ObjectDetector OfHuggingFace(ModelConfiguration model, Placement placement, HuggingFaceDetectorParameters parameters)
    {
        var (folder, device) = Place(model, placement);
        using var checkpoint = Checkpoint.Open(folder);
        List<string> files = [.. checkpoint.Files, Path.Combine(folder, "config.json"), Path.Combine(folder, "preprocessor_config.json")];
        var network = Mask2FormerSegmenter.Load(folder, ScalarType.Float32, device);
        return Of(model, placement, files, network, parameters.Clip, image => Find(network, image, device, parameters.LeastScore));
    }

    /// <summary>
    /// What both networks take of their device, by the headers of their files: they compute in fp32. What they compute is
    /// measured on the processor with the published sizes: as much as eight times the masks of all queries at the size of the image.
    /// </summary>
    /// <exception cref="NotSupportedException">The placement names no folder.</exception>
    /// <exception cref="CheckpointException">The folder does not hold what it should.</exception>
    public static long Memory(ModelConfiguration model, Placement placement)
    {
        const long queries = 100, longest = 1333, shortest = 800;
        using var detector = Open(WeightsOf(FolderOf(model, placement)));
        return sizeof(float) * (NetworkMemory.Parameters(detector) + Clip.ParametersIn(Path.Combine(placement.Path!, "clip"))
            + (8 * queries * longest * shortest));
    }

    /// <summary>Occupies its thread: nothing here waits for anything but the device.</summary>
    public Task<IReadOnlyList<Detected>> AnswerAsync(IReadOnlyList<DetectRequest> requests, CancellationToken withdrawn) =>
        Task.FromResult<IReadOnlyList<Detected>>([.. requests.Select(request =>
        {
            withdrawn.ThrowIfCancellationRequested();
            return Detect(ImageReader.Decode(request.Image));
        })]);

    public void Dispose()
    {
        _colours.Dispose();
        _network.Dispose();
    }

    /// <returns>mmdet's file, or a folder of safetensors.</returns>
    private static string WeightsOf(string folder)
    {
        string[] single = [.. Directory.EnumerateFiles(folder, "*.pth").Order(StringComparer.Ordinal)];
        return single.Length <= 1
            ? single.FirstOrDefault(folder)
            : throw new CheckpointException($"{folder} holds {string.Join(" and ", single.Select(Path.GetFileName))}: expected one .pth");
    }

    private static Checkpoint Open(string weights) => File.Exists(weights) ? Checkpoint.OpenFile(weights) : Checkpoint.Open(weights);

    private static (string Folder, Device Device) Place(ModelConfiguration model, Placement placement)
    {
        var folder = FolderOf(model, placement);
        Libtorch.Load();
        return (folder, torch.device(placement.Device ?? Placement.Processor));
    }

    private static string FolderOf(ModelConfiguration model, Placement placement)
    {
        if (placement.Path is null || placement.Url is not null)
            throw new NotSupportedException($"a '{model.Kind}' is in a folder: its placement needs a path, and takes no url");
        var folder = Path.Combine(placement.Path, "detector");
        return Directory.Exists(folder) ? folder : throw new CheckpointException(
            $"{placement.Path} has no folder 'detector'; expected one with the weights of Mask2Former, and one 'clip'");
    }

    private static ObjectDetector Of(
        ModelConfiguration model, Placement placement, List<string> files, IDisposable network, string clip, Func<RgbImage, IEnumerable<FoundObject>> find)
    {
        try
        {
            var colours = new ColourNamer(
                Path.Combine(placement.Path!, "clip"), clip == "amp" ? ClipPrecision.Autocast : ClipPrecision.Single,
                torch.device(placement.Device ?? Placement.Processor));
            return new(model, files.Select(path => ($"detector/{Path.GetFileName(path)}", path)), network, find, colours);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static Mask2FormerConfig ReadConfig(string path)
    {
        try
        {
            return File.Exists(path) ? SettingsJson.Read<Mask2FormerConfig>(path, File.ReadAllText(path)) : Mask2FormerConfig.Published;
        }
        catch (FormatException e)
        {
            throw new CheckpointException(e.Message, e);
        }
    }

    private static IEnumerable<FoundObject> Find(Detector detector, RgbImage image, float leastScore)
    {
        var (detections, masks) = detector.Detect(image);
        return detections.Where(found => found.Score >= leastScore).Select(found => new FoundObject(
            found.Label, found.Score, found.Left, found.Top, found.Right, found.Bottom,
            () => masks[found.Query].contiguous().cpu().data<bool>().ToArray()));
    }

    private static IEnumerable<FoundObject> Find(Mask2FormerSegmenter network, RgbImage image, Device device, double leastScore)
    {
        var (classes, masks) = network.Forward(network.Preprocess(image).to(device));
        return Mask2FormerSegmenter.Segments(classes[0], masks[0], image.Height, image.Width, leastScore).Select(segment =>
        {
            var (left, top, right, bottom) = Edges(segment.Mask, image.Width);
            return new FoundObject(segment.Label, (float)segment.Score, left, top, right, bottom, () => segment.Mask);
        });
    }

    /// <summary>As mmdet has them: the last ones behind the mask.</summary>
    private static (float Left, float Top, float Right, float Bottom) Edges(bool[] mask, int width)
    {
        var (left, right) = (width, 0);
        for (var i = 0; i < mask.Length; i++)
        {
            if (mask[i])
                (left, right) = (Math.Min(left, i % width), Math.Max(right, (i % width) + 1));
        }

        return (left, Array.IndexOf(mask, true) / width, right, (Array.LastIndexOf(mask, true) / width) + 1);
    }

    private Detected Detect(RgbImage image)
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        List<FoundObject> found = [.. _find(image)];
        var colours = _colours.NamesOf(image, found);
        return new(found.Zip(colours).GroupBy(pair => pair.First.Label).OrderBy(group => group.Key).ToDictionary(
            group => DetectorWords.Classes[group.Key],
            IReadOnlyList<Seen> (group) => [.. group.Select(pair => pair.First.In(pair.Second) with
            {
                Mask = ObjectMask.Of(pair.First.Mask(), image.Width, image.Height),
            })]));
    }
}

/// <summary>An object of an image: its class, how sure it is, its mask's box, and its mask.</summary>
internal sealed record FoundObject(int Label, float Score, float Left, float Top, float Right, float Bottom, Func<bool[]> Mask)
{
    public string Kind => DetectorWords.Classes[Label];

    public Seen In(string? colour) => new(Left, Top, Right, Bottom, Score, colour);
}
