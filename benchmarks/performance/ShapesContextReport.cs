using System.Globalization;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Tokenizers;
using ReflectDiT.Eval.Training.Shapes;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// What a context changes in the world of shapes: of validation prompts whose first image is wrong, how many second images are
/// right, and what of the first they keep; with the true context at several guidances, with those of other prompts, and
/// without. All second images of a prompt begin with the same noise; the detector's words are the feedback.
/// </summary>
internal sealed class ShapesContextReport
{
    private const int Rounds = 3;

    private readonly DcAutoencoder _autoencoder;
    private readonly SiglipVision _vision;
    private readonly Gemma2 _text;
    private readonly Tokenizer _tokenizer;
    private readonly ReflectTransformer _reflect;
    private readonly Tensor _states;
    private readonly Tensor _mask;

    private ShapesContextReport(ShapesFolder folder)
    {
        _autoencoder = DcAutoencoder.Load(folder.Autoencoder, ScalarType.Float32, CPU);
        _vision = SiglipVision.Load(folder.VisionEncoder, ScalarType.Float32, CPU);
        _text = Gemma2.Load(folder.TextEncoder, ScalarType.Float32, CPU, softCap: false);
        _tokenizer = Tokenizer.Open(folder.Tokenizer);
        _reflect = ReflectTransformer.Load(folder.ReflectTransformer, ScalarType.Float32, CPU, ReflectionQuirks.Clean);
        var texts = Enumerable.Repeat("", Prompts.Count).Concat(Prompts.Select(prompt => prompt.Prompt)).ToList();
        (var ids, _mask) = PromptBatch.Of(_tokenizer, texts, ShapesConfigs.PromptTokens).ToTensors();
        _states = _text.Forward(ids, _mask);
    }

    private static IReadOnlyList<Benchmarks.GenEval.PromptMetadata> Prompts => ShapePrompts.Published.Validation;

    /// <param name="root">A folder of training: <c>weights</c> are in it.</param>
    public static int Run(string root)
    {
        Libtorch.Load();
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        var report = new ShapesContextReport(new(root));
        var found = new Dictionary<string, List<Second>>();
        for (var round = 0; round < Rounds; round++)
            report.Look(1_000 * round, found);
        var categories = Prompts.Select(prompt => prompt.Tag).Distinct().ToList();
        Console.WriteLine($"| second images | right | objects kept in their cells | objects kept anywhere | grey apart | {string.Join(" | ", categories)} |");
        Console.WriteLine($"| --- | --- | --- | --- | --- |{string.Concat(categories.Select(_ => " --- |"))}");
        foreach (var (name, all) in found)
        {
            var objects = all.Sum(one => one.Objects);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {all.Count(one => one.Right)} of {all.Count} | {(double)all.Sum(one => one.InPlace) / objects:0%} | {(double)all.Sum(one => one.Kept) / objects:0%} | {all.Average(one => one.Grey):0.0} | ")
                + string.Join(" | ", categories.Select(c => $"{all.Count(one => one.Category == c && one.Right)} of {all.Count(one => one.Category == c)}")) + " |");
        }

        return 0;
    }

    private void Look(long seed, Dictionary<string, List<Second>> found)
    {
        var first = Draw(seed, null, 0);
        var faults = Prompts.Zip(first).Select(pair => Fault(pair.First, pair.Second)).ToList();
        var wrong = Enumerable.Range(0, Prompts.Count).Where(i => faults[i] is not null).ToList();
        var others = wrong.Select((_, at) => wrong[(at + (wrong.Count / 2)) % wrong.Count]).ToList();
        foreach (var guidance in new[] { 1, 3, 5, 8 })
            Add($"guidance {guidance} on the context", Draw(seed + 100_000, Context(i => i, i => i), guidance));
        Add("images of others", Draw(seed + 100_000, Context(i => others[wrong.IndexOf(i)], i => i), ShapesConfigs.Guidance));
        Add("words of others", Draw(seed + 100_000, Context(i => i, i => others[wrong.IndexOf(i)]), ShapesConfigs.Guidance));
        Add("no context", Draw(seed + 100_000, null, 0));

        void Add(string name, IReadOnlyList<RgbImage> images)
        {
            if (!found.TryGetValue(name, out var list))
                found[name] = list = [];
            list.AddRange(wrong.Select(i => Second.Of(Prompts[i].Tag, Fault(Prompts[i], images[i]) is null, Repair.Seen(first[i]), Repair.Seen(images[i]))));
        }

        EmbeddedContext Context(Func<int, int> image, Func<int, int> words)
        {
            var seen = _vision.Pool(_vision.Forward(_vision.Preprocess([.. wrong.Select(i => first[image(i)])])), ShapesConfigs.ImageTokens);
            var (ids, said) = PromptBatch.Of(_tokenizer, [.. wrong.Select(i => faults[words(i)]!)], ShapesConfigs.FeedbackTokens).ToTensors();
            // The rows of the negative prompt are first; they and the prompts that were right see none.
            IReadOnlyList<IReadOnlyList<int>> rows = [.. Enumerable.Range(-Prompts.Count, 2 * Prompts.Count)
                .Select(i => (IReadOnlyList<int>)(wrong.IndexOf(i) is var at and >= 0 ? [at] : []))];
            return _reflect.Embed(new(seen, _text.Forward(ids, said), said, rows, [.. rows.Select(pairs => pairs.Count == 0)]));
        }
    }

    /// <param name="guidance">On the context, beyond the prompt alone; on the prompt it is the world's.</param>
    private IReadOnlyList<RgbImage> Draw(long seed, EmbeddedContext? context, double guidance)
    {
        using var scope = NewDisposeScope();
        var count = Prompts.Count;
        return Scenes.ToImages(FlowMatching.Draw(_autoencoder, count, seed, (latents, time) =>
        {
            var plain = _reflect.Forward(latents, _states, _mask, time, []);
            if (context is null)
                return plain;
            var (negative, prompt) = (plain[..count], plain[count..]);
            var seen = _reflect.Forward(latents, _states, _mask, time, [context])[count..];
            return cat([negative, prompt + (guidance / ShapesConfigs.Guidance * (seen - prompt))]);
        }));
    }

    private static string? Fault(Benchmarks.GenEval.PromptMetadata prompt, RgbImage image) => ShapeFault.First(prompt, PixelDetector.Find(image))?.ToSentence();

    /// <param name="Objects">Of the first image.</param>
    /// <param name="InPlace">Of those, how many are in the second one in the same cell, with shape and colour.</param>
    /// <param name="Kept">In any cell.</param>
    /// <param name="Grey">How far the backgrounds are apart, of 255.</param>
    private sealed record Second(string Category, bool Right, int Objects, int InPlace, int Kept, double Grey)
    {
        public static Second Of(string category, bool right, Scene before, Scene after) => new(
            category,
            right,
            before.Objects.Count,
            before.Objects.Count(one => after.Objects.Any(other => (other.Cell, other.Shape, other.Colour) == (one.Cell, one.Shape, one.Colour))),
            before.Objects.Count(one => after.Objects.Any(other => (other.Shape, other.Colour) == (one.Shape, one.Colour))),
            Math.Abs(before.Grey - after.Grey));
    }
}
