using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Networks.Tokenizers;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Shapes;

/// <param name="Places">Of the scenes in their pool.</param>
internal sealed record PromptedScenes(long Seed, long Pool, long[] Places, PromptBatch Prompts);

/// <summary>
/// SANA's transformer and its text encoder together, by flow matching (arXiv 2210.02747) on the autoencoder's latents:
/// shares of noise by a logit-normal, a tenth of the prompts empty, as SANA is trained.
/// </summary>
internal sealed class GeneratorStage : IStage<PromptedScenes>
{
    private const string Text = "text_encoder";
    private const string Dit = "transformer";
    private const double DroppedPrompts = 0.1;

    private readonly ShapesFolder _folder;
    private readonly Tokenizer _tokenizer;
    private readonly string _textConfig;
    private readonly DcAutoencoder _autoencoder;
    private readonly Gemma2 _text;
    private readonly SanaTransformer _transformer;
    private readonly LatentPool _pool;
    private readonly int _poolSize;

    /// <param name="poolSize">See <see cref="LatentPool"/>.</param>
    /// <exception cref="CheckpointException">The autoencoder is not there yet.</exception>
    public GeneratorStage(ShapesFolder folder, long seed, int poolSize = 8192)
    {
        Libtorch.Load();
        (_folder, _poolSize) = (folder, poolSize);
        _autoencoder = DcAutoencoder.Load(folder.Autoencoder, ScalarType.Float32, CPU);
        _pool = new(_autoencoder, poolSize);
        WordTokenizer.WriteGemma(folder.Tokenizer, ShapesWords.All, ShapesWords.First);
        _tokenizer = Tokenizer.Open(folder.Tokenizer);
        _textConfig = ShapesConfigs.TextEncoder(_tokenizer.Count);
        var (text, dit) = (Gemma2Config.Read(ModelFolder.Read(_textConfig)), SanaConfig.Read(ModelFolder.Read(ShapesConfigs.Transformer)));
        var (textShapes, ditShapes) = (Weights.None(), Weights.None());
        _ = (new Gemma2(text, textShapes, softCap: false), new SanaTransformer(dit, ditShapes));
        Parameters = new(
            new Dictionary<string, IReadOnlyDictionary<string, long[]>> { [Text] = textShapes.Shapes, [Dit] = ditShapes.Shapes });
        Initialization.Fill(Parameters, Text, seed, norms: 0);
        Initialization.Fill(Parameters, Dit, seed);
        _text = new(text, Parameters.Weights(Text), softCap: false);
        _transformer = new(dit, Parameters.Weights(Dit));
        Parameters.Train(Text, _text.Parameters);
        Parameters.Train(Dit, _transformer.Parameters);
    }

    public static TrainingSettings Settings { get; } = new(Steps: 6_500, Batch: 64, LearningRate: 8e-4, WarmUp: 500);

    public string Name => "generator";

    public string Identity => $"{_poolSize} scenes a pool {_textConfig} {ShapesConfigs.Transformer} autoencoder {FileDigests.OfThisUser.Of(ModelFolder.File(_folder.Autoencoder))}";

    public FlatParameters Parameters { get; }

    /// <summary>So many prompts are validated with at most.</summary>
    public int Validated { get; init; } = int.MaxValue;

    public PromptedScenes Make(long step, TrainingSettings settings)
    {
        var random = StepRandom.Of(settings.Seed, Name, step);
        var (pool, places, prompts) = (_pool.NumberAt(step, settings.Batch), new long[settings.Batch], new string[settings.Batch]);
        for (var i = 0; i < settings.Batch; i++)
        {
            places[i] = random.NextInt(_poolSize);
            var (prompt, _) = _pool.At(settings.Seed, pool, (int)places[i]);
            prompts[i] = random.NextDouble() < DroppedPrompts ? "" : ShapePrompts.Published.Training[prompt].Prompt;
        }

        return new(settings.Seed, pool, places, PromptBatch.Of(_tokenizer, prompts, ShapesConfigs.PromptTokens));
    }

    public Tensor Loss(PromptedScenes batch, Generator noise)
    {
        using var scope = NewDisposeScope();
        var clean = _pool.Latents(batch.Seed, batch.Pool, batch.Places);
        var (ids, mask) = batch.Prompts.ToTensors();
        var states = _text.Forward(ids, mask);
        return FlowMatching.Loss(clean, noise, (latents, time) => _transformer.Forward(latents, states, mask, time)).MoveToOuterDisposeScope();
    }

    /// <summary>The share of validation prompts whose image is right.</summary>
    public IReadOnlyDictionary<string, double> Validate()
    {
        using var scope = NewDisposeScope();
        var prompts = ShapePrompts.Published.Validation.Take(Validated).ToList();
        var (ids, mask) = PromptBatch.Of(_tokenizer, [.. prompts.Select(prompt => prompt.Prompt)], ShapesConfigs.PromptTokens).ToTensors();
        var (emptyIds, emptyMask) = PromptBatch.Of(_tokenizer, [""], ShapesConfigs.PromptTokens).ToTensors();
        var (states, empty) = (_text.Forward(ids, mask), _text.Forward(emptyIds, emptyMask));
        var images = FlowMatching.Draw(_autoencoder, prompts.Count, seed: 0, (latents, time) => _transformer.Forward(
            latents, cat([empty.expand(prompts.Count, -1, -1), states]), cat([emptyMask.expand(prompts.Count, -1), mask]), time));
        return PixelScore.OfValidation(Scenes.ToImages(images));
    }

    public void Save()
    {
        ModelFolder.Write(_folder.TextEncoder, "model", _textConfig, Parameters.Network(Parameters.Values, Text), ScalarType.Float16);
        ModelFolder.Write(
            _folder.Transformer, "diffusion_pytorch_model", ShapesConfigs.Transformer, Parameters.Network(Parameters.Values, Dit), ScalarType.Float16);
        Directory.CreateDirectory(_folder.Scheduler);
        File.WriteAllText(Path.Combine(_folder.Scheduler, "scheduler_config.json"), ShapesConfigs.Scheduler);
        File.WriteAllText(Path.Combine(_folder.Weights, "model_index.json"), ShapesConfigs.ModelIndex);
    }

    public void Dispose()
    {
        _pool.Dispose();
        _autoencoder.Dispose();
        _text.Dispose();
        _transformer.Dispose();
        Parameters.Dispose();
    }
}
