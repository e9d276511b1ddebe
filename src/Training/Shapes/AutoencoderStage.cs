using System.Globalization;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>
/// DC-AE, 16 times smaller on each side: one token a cell of the board. Trained to give the pixels back, also from latents
/// with some noise, as those of a generator are.
/// </summary>
internal sealed class AutoencoderStage : IStage<float[]>
{
    private const string Network = "vae";

    /// <summary>Of the noise on latents, whose size a small penalty keeps at about 1.</summary>
    private const double Noise = 0.05;

    private const double Penalty = 1e-4;

    /// <summary>
    /// Of squared differences beside absolute ones, by which alone grey for everything is where training likes to stay: most
    /// of a board is grey.
    /// </summary>
    private const double Squares = 2;

    private readonly ShapesFolder _folder;
    private readonly string _config;
    private readonly DcAutoencoder _network;

    /// <param name="config">The text of config.json, with a scaling factor that the end of training sets anew.</param>
    public AutoencoderStage(ShapesFolder folder, string config, long seed)
    {
        Libtorch.Load();
        (_folder, _config) = (folder, config);
        var read = DcConfig.Read(ModelFolder.Read(config));
        Parameters = new(new Dictionary<string, IReadOnlyDictionary<string, long[]>> { [Network] = Shapes(read) });
        Initialization.Fill(Parameters, Network, seed);
        _network = new(read, Parameters.Weights(Network));
        Parameters.Train(Network, _network.Parameters);
    }

    public static TrainingSettings Settings { get; } = new(Steps: 3_500, Batch: 16, LearningRate: 2e-3, WarmUp: 100, MeanDecay: 0.998);

    public string Name => "autoencoder";

    public string Identity => _config;

    public FlatParameters Parameters { get; }

    /// <summary>So many prompts are validated with at most.</summary>
    public int Validated { get; init; } = int.MaxValue;

    public float[] Make(long step, TrainingSettings settings)
    {
        var random = StepRandom.Of(settings.Seed, Name, step);
        var images = new float[settings.Batch * Scenes.Numbers];
        for (var i = 0; i < settings.Batch; i++)
            Scenes.Render(Scenes.Full(random), images.AsSpan(i * Scenes.Numbers, Scenes.Numbers));
        return images;
    }

    public Tensor Loss(float[] batch, Generator noise)
    {
        using var scope = NewDisposeScope();
        var images = Scenes.ToTensor(batch);
        var latents = _network.Encode(images);
        var decoded = _network.Decode(latents + (randn(latents.shape, generator: noise) * Noise));
        var error = decoded - images;
        return (error.abs().mean() + (error.pow(2).mean() * Squares) + (latents.pow(2).mean() * Penalty)).MoveToOuterDisposeScope();
    }

    /// <summary>Of scenes of the validation prompts: the mean difference of a sample of 8 bits, and the share that is still correct.</summary>
    public IReadOnlyDictionary<string, double> Validate()
    {
        using var scope = NewDisposeScope();
        var (prompts, random) = (ShapePrompts.Published.Validation.Take(Validated).ToList(), StepRandom.Of(0, "validation", 0));
        var images = new float[prompts.Count * Scenes.Numbers];
        foreach (var (i, prompt) in prompts.Index())
            Scenes.Render(SceneSampler.Sample(prompt, random), images.AsSpan(i * Scenes.Numbers, Scenes.Numbers));
        var original = Scenes.ToTensor(images);
        var decoded = cat([.. original.split(32).Select(part => _network.Decode(_network.Encode(part)))]);
        return new Dictionary<string, double>(PixelScore.OfValidation(Scenes.ToImages(decoded)))
        {
            ["difference"] = (decoded - original).abs().mean().item<float>() * 127.5,
        };
    }

    public void Save()
    {
        using var scope = NewDisposeScope();
        var random = StepRandom.Of(0, "scaling", 0);
        var images = new float[256 * Scenes.Numbers];
        for (var i = 0; i < 256; i++)
            Scenes.Render(SceneSampler.Sample(ShapePrompts.Published.Training[Scenes.Prompt(random)], random), images.AsSpan(i * Scenes.Numbers, Scenes.Numbers));
        var scaling = 1 / _network.Encode(Scenes.ToTensor(images)).std().item<float>();
        ModelFolder.Write(
            _folder.Autoencoder, "diffusion_pytorch_model",
            _config.Replace("\"scaling_factor\": 1.0", string.Create(CultureInfo.InvariantCulture, $"\"scaling_factor\": {scaling:0.#####}"), StringComparison.Ordinal),
            Parameters.Network(Parameters.Values, Network), ScalarType.Float16);
    }

    public void Dispose()
    {
        _network.Dispose();
        Parameters.Dispose();
    }

    private static IReadOnlyDictionary<string, long[]> Shapes(DcConfig config)
    {
        var none = Weights.None();
        using var network = new DcAutoencoder(config, none);
        return none.Shapes;
    }
}
