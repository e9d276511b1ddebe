using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Networks.Tokenizers;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Shapes;

/// <param name="Targets">Right images of the prompts, from -1 to 1, [batch, 3, 64, 64].</param>
/// <param name="Past">Failed images, from -1 to 1, [pairs, 3, 64, 64].</param>
/// <param name="Feedback">What is wrong with each.</param>
/// <param name="Rows">Of each target, its pairs: one to three, or none where the context is dropped.</param>
internal sealed record Reflected(
    float[] Targets, PromptBatch Prompts, float[] Past, PromptBatch Feedback, IReadOnlyList<IReadOnlyList<int>> Rows);

/// <summary>
/// Reflect-DiT's training in small: the generator goes on to learn, now with a Context Transformer that sees one to three
/// failed images of the prompt and what is wrong with them; three tenths of the contexts are dropped. The failures are the
/// generator's own, or rendered ones with a fault. The target is a right image of the prompt near to the last failure:
/// what has nothing to do with a context teaches nothing about it. Without context the stage is the paper's control.
/// Unlike the paper's, the Context Transformer does not begin at nothing: see <see cref="Initialization"/>.
/// </summary>
internal sealed class ReflectionStage : IStage<Reflected>
{
    private const string Dit = "transformer";
    private const string Captions = "caption_projection.";
    private const double DroppedPrompts = 0.1;
    private const double DroppedContexts = 0.3;
    private const int MostPairs = 3;

    /// <summary>How much faster what is new learns.</summary>
    private const double NewRate = 4;

    private readonly ShapesFolder _folder;
    private readonly bool _context;
    private readonly Tokenizer _tokenizer;
    private readonly DcAutoencoder _autoencoder;
    private readonly Gemma2 _text;
    private readonly SiglipVision? _vision;
    private readonly SanaTransformer? _sana;
    private readonly ReflectTransformer? _reflect;
    private readonly IReadOnlyList<IReadOnlyList<int>> _failures;
    private readonly SampleSet _samples;
    private readonly Func<int, RgbImage>? _read;

    /// <param name="context">Whether it sees contexts; else it is the control.</param>
    public ReflectionStage(ShapesFolder folder, bool context, long seed)
    {
        Libtorch.Load();
        (_folder, _context) = (folder, context);
        _autoencoder = DcAutoencoder.Load(folder.Autoencoder, ScalarType.Float32, CPU);
        _tokenizer = Tokenizer.Open(folder.Tokenizer);
        _text = Gemma2.Load(folder.TextEncoder, ScalarType.Float32, CPU, softCap: false);
        var json = ModelFolder.Read(Config);
        var none = Weights.None();
        if (context)
            _ = new ReflectTransformer(ReflectConfig.Read(json), none, ReflectionQuirks.Clean);
        else
            _ = new SanaTransformer(SanaConfig.Read(json), none);
        Parameters = new(
            new Dictionary<string, IReadOnlyDictionary<string, long[]>> { [Dit] = none.Shapes },
            (name, shape) => new(Initialization.Decays(name, shape), IsNew(name) ? NewRate : 1));
        Initialization.Fill(Parameters, Dit, seed);
        Initialization.Load(Parameters, Dit, folder.Transformer);
        if (context)
        {
            // Feedback comes from the text encoder that prompts come from, so what reads prompts can read it from the first step on.
            Initialization.Load(Parameters, Dit, folder.Transformer, name => name.StartsWith(Captions, StringComparison.Ordinal)
                ? "reflection_text_projection." + name[Captions.Length..]
                : null);
            _vision = SiglipVision.Load(folder.VisionEncoder, ScalarType.Float32, CPU);
            _reflect = new(ReflectConfig.Read(json), Parameters.Weights(Dit), ReflectionQuirks.Clean);
        }
        else
        {
            _sana = new(SanaConfig.Read(json), Parameters.Weights(Dit));
        }

        Parameters.Train(Dit, _sana?.Parameters ?? _reflect!.Parameters);
        _samples = new(folder.Samples);
        _failures = [.. _samples.All.Index().Where(sample => sample.Item.Fault is not null)
            .GroupBy(sample => sample.Item.Prompt).Select(prompt => (IReadOnlyList<int>)[.. prompt.Select(sample => sample.Index)])];
        _read = _failures.Count > 0 ? _samples.Reader() : null;
    }

    public static TrainingSettings Settings { get; } = new(Steps: 1_800, Batch: 64, LearningRate: 2e-4, WarmUp: 200, MeanDecay: 0.998);

    public string Name => _context ? "reflection" : "tuned";

    public string Identity => $"{Config} of {_samples.All.Count} samples, transformer {FileDigests.OfThisUser.Of(ModelFolder.File(_folder.Transformer))}";

    public FlatParameters Parameters { get; }

    /// <summary>So many prompts are validated with at most.</summary>
    public int Validated { get; init; } = int.MaxValue;

    private string Config => _context ? ShapesConfigs.ReflectTransformer : ShapesConfigs.Transformer;

    public Reflected Make(long step, TrainingSettings settings)
    {
        // Both stages see the same targets.
        var random = StepRandom.Of(settings.Seed, "reflection", step);
        var (targets, prompts) = (new float[settings.Batch * Scenes.Numbers], new string[settings.Batch]);
        var (past, feedback, rows) = (new List<RgbImage>(), new List<string>(), new List<IReadOnlyList<int>>());
        for (var i = 0; i < settings.Batch; i++)
        {
            var (prompt, failures) = Failures(random);
            var target = Repair.Of(prompt, failures[^1].Scene ?? Repair.Seen(failures[^1].Image), random);
            Scenes.Render(target, targets.AsSpan(i * Scenes.Numbers, Scenes.Numbers));
            prompts[i] = random.NextDouble() < DroppedPrompts ? "" : ShapePrompts.Published.Training[prompt].Prompt;
            if (random.NextDouble() < DroppedContexts)
            {
                rows.Add([]);
                continue;
            }

            rows.Add([.. Enumerable.Range(past.Count, failures.Count)]);
            past.AddRange(failures.Select(failure => failure.Image));
            feedback.AddRange(failures.Select(failure => failure.Feedback));
        }

        var pixels = new float[past.Count * Scenes.Numbers];
        foreach (var (i, image) in past.Index())
            Scenes.Normalize(image.Rgb, pixels.AsSpan(i * Scenes.Numbers, Scenes.Numbers));
        return new(targets, PromptBatch.Of(_tokenizer, prompts, ShapesConfigs.PromptTokens), pixels,
            PromptBatch.Of(_tokenizer, feedback, ShapesConfigs.FeedbackTokens), rows);
    }

    public Tensor Loss(Reflected batch, Generator noise)
    {
        using var scope = NewDisposeScope();
        Tensor clean, states, mask;
        ReflectionContext? context = null;
        using (no_grad())
        {
            clean = _autoencoder.Encode(Scenes.ToTensor(batch.Targets)) * _autoencoder.Config.ScalingFactor;
            (var ids, mask) = batch.Prompts.ToTensors();
            states = _text.Forward(ids, mask);
            if (_vision is not null && batch.Past.Length > 0)
            {
                var (words, said) = batch.Feedback.ToTensors();
                context = new(
                    _vision.Pool(_vision.Forward(Scenes.ToTensor(batch.Past)), ShapesConfigs.ImageTokens), _text.Forward(words, said), said, batch.Rows,
                    [.. batch.Rows.Select(pairs => pairs.Count == 0)]);
            }
        }

        EmbeddedContext[] contexts = context is null ? [] : [_reflect!.Embed(context)];
        return FlowMatching.Loss(clean, noise, (latents, time) => _sana is not null
            ? _sana.Forward(latents, states, mask, time)
            : _reflect!.Forward(latents, states, mask, time, contexts)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The share of validation prompts whose image is right: at once, and in a second image after those that the first one
    /// was wrong at, with the detector's words as feedback. And whether the context is used: both with images and with words
    /// that are of other prompts, and how well noise is foreseen with each.
    /// </summary>
    public IReadOnlyDictionary<string, double> Validate()
    {
        using var scope = NewDisposeScope();
        var prompts = ShapePrompts.Published.Validation.Take(Validated).ToList();
        var first = Draw(0, null);
        var measured = new Dictionary<string, double>(PixelScore.OfValidation(first));
        var again = Draw(10_000, null);
        var faults = prompts.Zip(first).Select(pair => ShapeFault.First(pair.First, PixelDetector.Find(pair.Second))?.ToSentence()).ToList();
        var wrong = Enumerable.Range(0, prompts.Count).Where(i => faults[i] is not null).ToList();
        if (wrong.Count == 0)
            return measured;
        measured.Add("right again", Share(again));
        if (!_context)
            return measured;
        var images = Shifted([.. wrong.Select(i => first[i])]);
        var words = Shifted([.. wrong.Select(i => faults[i])]);
        measured.Add("right after reflection", Share(Draw(10_000, (first, faults))));
        measured.Add("with images of others", Share(Draw(10_000, ([.. first.Select((image, i) => faults[i] is null ? image : images[wrong.IndexOf(i)])], faults))));
        measured.Add("with words of others", Share(Draw(10_000, (first, [.. faults.Select((fault, i) => fault is null ? null : words[wrong.IndexOf(i)])]))));

        var batch = Make(0, Settings with { Batch = Math.Min(256, 4 * prompts.Count) }); // of no step that is trained
        measured.Add("loss", LossOf(batch));
        measured.Add("loss without context", LossOf(batch with { Rows = [.. batch.Rows.Select(_ => (IReadOnlyList<int>)[])] }));
        measured.Add("loss with images of others", LossOf(batch with { Past = Shifted(batch.Past, Scenes.Numbers) }));
        measured.Add("loss with words of others", LossOf(batch with
        {
            Feedback = batch.Feedback with { Ids = Shifted(batch.Feedback.Ids, ShapesConfigs.FeedbackTokens), Used = Shifted(batch.Feedback.Used) },
        }));
        return measured;

        double Share(IReadOnlyList<RgbImage> images) =>
            wrong.Average(i => ShapeFault.First(prompts[i], PixelDetector.Find(images[i])) is null ? 1.0 : 0);

        double LossOf(Reflected batch)
        {
            using var noise = new Generator(1, CPU);
            return Loss(batch, noise).item<float>();
        }
    }

    public void Save() => ModelFolder.Write(
        _context ? _folder.ReflectTransformer : _folder.TunedTransformer, "diffusion_pytorch_model", Config,
        Parameters.Network(Parameters.Values, Dit), ScalarType.Float16);

    public void Dispose()
    {
        _autoencoder.Dispose();
        _text.Dispose();
        _vision?.Dispose();
        _sana?.Dispose();
        _reflect?.Dispose();
        Parameters.Dispose();
    }

    /// <param name="past">Of each prompt an image and what is wrong with it, if anything.</param>
    private IReadOnlyList<RgbImage> Draw(long seed, (IReadOnlyList<RgbImage> Images, IReadOnlyList<string?> Faults)? past)
    {
        using var scope = NewDisposeScope();
        var prompts = ShapePrompts.Published.Validation.Take(Validated).ToList();
        var (ids, mask) = PromptBatch.Of(_tokenizer, [.. Enumerable.Repeat("", prompts.Count), .. prompts.Select(prompt => prompt.Prompt)], ShapesConfigs.PromptTokens).ToTensors();
        var states = _text.Forward(ids, mask);
        EmbeddedContext[] contexts = [];
        if (past is (var images, var faults))
        {
            var (words, said) = PromptBatch.Of(_tokenizer, [.. faults.Select(fault => fault ?? "")], ShapesConfigs.FeedbackTokens).ToTensors();
            IReadOnlyList<IReadOnlyList<int>> rows =
                [.. Enumerable.Repeat<IReadOnlyList<int>>([], prompts.Count), .. faults.Select((fault, i) => (IReadOnlyList<int>)(fault is null ? [] : [i]))];
            contexts = [_reflect!.Embed(new(_vision!.Pool(_vision.Forward(_vision.Preprocess(images)), ShapesConfigs.ImageTokens), _text.Forward(words, said), said, rows,
                [.. rows.Select(pairs => pairs.Count == 0)]))];
        }

        return Scenes.ToImages(FlowMatching.Draw(_autoencoder, prompts.Count, seed, (latents, time) => _sana is not null
            ? _sana.Forward(latents, states, mask, time)
            : _reflect!.Forward(latents, states, mask, time, contexts)));
    }

    /// <summary>A prompt with one to three failures: half of them the generator's own.</summary>
    private (int Prompt, List<Failure> Failures) Failures(NumpyRandom random)
    {
        var count = 1 + random.NextInt(MostPairs);
        if (_failures.Count > 0 && random.NextInt(2) == 0)
        {
            var own = _failures[random.NextInt(_failures.Count)];
            var picked = random.Choice(own.Count, Math.Min(count, own.Count)).Select(i => own[i]);
            return (_samples.All[own[0]].Prompt, [.. picked.Select(i => new Failure(_read!(i), _samples.All[i].Fault!, null))]);
        }

        var prompt = Scenes.Prompt(random);
        return (prompt, [.. Enumerable.Range(0, count).Select(_ =>
        {
            var faulty = FaultyScene.Sample(ShapePrompts.Published.Training[prompt], random);
            return new Failure(SceneRenderer.Render(faulty.Scene), faulty.Fault.ToSentence(), faulty.Scene);
        })]);
    }

    /// <summary>Each item in the place of one that is half of all away.</summary>
    /// <param name="size">Of an item.</param>
    private static T[] Shifted<T>(T[] all, int size = 1)
    {
        var by = all.Length / size / 2 * size;
        return [.. all[by..], .. all[..by]];
    }

    private static bool IsNew(string name) => name.Contains("reflection", StringComparison.Ordinal) || name.Contains("clip_", StringComparison.Ordinal);

    /// <param name="Scene">What the image shows; null where only the detector can say.</param>
    private sealed record Failure(RgbImage Image, string Feedback, Scene? Scene);
}
