using System.Diagnostics;
using System.Globalization;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>
/// Draws training prompts with the generator as it is, several images each, and has the pixel detector say what is wrong
/// with them: what judge and reflection learn from, as the paper's do.
/// </summary>
internal static class SamplesStage
{
    public const string Name = "samples";

    /// <summary>Images of a prompt.</summary>
    public const int PerPrompt = 16;

    private const int PromptsAtOnce = 4;

    /// <param name="prompts">How many, a multiple of 4.</param>
    /// <returns>How many images there are, and whether they are all.</returns>
    public static TrainingResult Run(
        ShapesFolder folder, int prompts, long seed, TimeSpan? time, Action<string>? say, CancellationToken stop)
    {
        Libtorch.Load();
        using var mode = inference_mode();
        using var text = PromptEncoder.Load(folder.Tokenizer, folder.TextEncoder, ScalarType.Float32, CPU);
        using var transformer = SanaTransformer.Load(folder.Transformer, ScalarType.Float32, CPU);
        using var autoencoder = DcAutoencoder.Load(folder.Autoencoder, ScalarType.Float32, CPU);
        using var empty = text.Encode([""], "", ShapesConfigs.PromptTokens);
        var set = new SampleSet(folder.Samples);
        RefuseOthers(folder, seed);
        const int AtOnce = PromptsAtOnce * PerPrompt;
        if (set.All.Count % AtOnce is > 0 and var half)
            set.Keep(set.All.Count - half);
        var (began, first, said) = (Stopwatch.GetTimestamp(), set.All.Count, Stopwatch.GetTimestamp());
        while (set.All.Count < prompts * PerPrompt && !stop.IsCancellationRequested && (time is null || Stopwatch.GetElapsedTime(began) < time))
        {
            using var scope = NewDisposeScope();
            var random = StepRandom.Of(seed, Name, set.All.Count);
            var drawn = Enumerable.Range(0, PromptsAtOnce).Select(_ => Scenes.Prompt(random)).SelectMany(prompt => Enumerable.Repeat(prompt, PerPrompt)).ToList();
            using var prompted = text.Encode([.. drawn.Select(prompt => ShapePrompts.Published.Training[prompt].Prompt)], "", ShapesConfigs.PromptTokens);
            var states = cat([empty.States.expand(AtOnce, -1, -1), prompted.States]);
            var mask = cat([empty.Mask.expand(AtOnce, -1), prompted.Mask]);
            var images = Scenes.ToImages(FlowMatching.Draw(
                autoencoder, AtOnce, StepRandom.Seed(seed, "sample noise", set.All.Count), (latents, at) => transformer.Forward(latents, states, mask, at)));
            set.Add([.. drawn.Zip(images).Select(pair => (new Sample(pair.First, PixelScore.Fault(pair.First, pair.Second)), pair.Second))]);
            if (Stopwatch.GetElapsedTime(said).TotalSeconds > 10 || set.All.Count == prompts * PerPrompt)
            {
                said = Stopwatch.GetTimestamp();
                say?.Invoke(string.Create(CultureInfo.InvariantCulture,
                    $"{Name}: {set.All.Count} of {prompts * PerPrompt} images, {100.0 * set.All.Count(sample => sample.Fault is null) / set.All.Count:0.0} % of them right, ")
                    + string.Create(CultureInfo.InvariantCulture, $"{(set.All.Count - first) / Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} images/s"));
            }
        }

        return new(set.All.Count, set.All.Count >= prompts * PerPrompt, 0);
    }

    /// <summary>Samples of one generator and seed do not go on with another.</summary>
    private static void RefuseOthers(ShapesFolder folder, long seed)
    {
        var (path, now) = (Path.Combine(folder.Samples, "drawn-by.txt"), $"{FileDigests.OfThisUser.Of(ModelFolder.File(folder.Transformer))}, seed {seed}");
        if (!File.Exists(path))
            File.WriteAllText(path, now);
        else if (File.ReadAllText(path) is var before && before != now)
            throw new InvalidDataException($"{folder.Samples} has images drawn by {before}; the generator now is {now}. Remove the folder.");
    }
}
