using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Training.Shapes;

/// <param name="Images">From -1 to 1, [batch, 3, 64, 64].</param>
/// <param name="Shapes">Of each cell the shape that stands in it, 0 for none; [batch × cells].</param>
/// <param name="Colours">Likewise its colour.</param>
internal sealed record LabelledCells(float[] Images, long[] Shapes, long[] Colours);

/// <summary>
/// The vision encoder of the context: SigLIP's tower in small. Its tokens, one a cell when they are pooled, learn to tell
/// which shape of which colour stands in each cell; what reads that off them is thrown away. Half of the images have gone
/// through the autoencoder with some noise, as the generator's have.
/// </summary>
internal sealed class VisionStage : IStage<LabelledCells>
{
    private const string Network = "vision_encoder";
    private const string Heads = "heads";
    private const double LatentNoise = 0.2;
    private const int Shapes = 9;
    private const int Colours = 11;

    private readonly ShapesFolder _folder;
    private readonly DcAutoencoder _autoencoder;
    private readonly SiglipVision _network;
    private readonly Dictionary<string, Tensor> _heads;

    public VisionStage(ShapesFolder folder, long seed)
    {
        Libtorch.Load();
        _folder = folder;
        _autoencoder = DcAutoencoder.Load(folder.Autoencoder, ScalarType.Float32, CPU);
        var config = SiglipConfig.Read(ModelFolder.Read(ShapesConfigs.VisionEncoder));
        var none = Weights.None();
        _ = new SiglipVision(config, none);
        Parameters = new(new Dictionary<string, IReadOnlyDictionary<string, long[]>>
        {
            [Network] = none.Shapes,
            [Heads] = new Dictionary<string, long[]> { ["shape.weight"] = [Shapes, config.Width], ["colour.weight"] = [Colours, config.Width] },
        });
        Initialization.Fill(Parameters, Network, seed);
        Initialization.Fill(Parameters, Heads, seed);
        _network = new(config, Parameters.Weights(Network));
        _heads = Parameters.Network(Parameters.Values, Heads).ToDictionary(StringComparer.Ordinal);
        Parameters.Train(Network, _network.Parameters);
        Parameters.Train(Heads, _heads);
    }

    public static TrainingSettings Settings { get; } = new(Steps: 1_000, Batch: 64, LearningRate: 1e-3, WarmUp: 200, MeanDecay: 0.998);

    public string Name => "vision";

    public string Identity => ShapesConfigs.VisionEncoder;

    public FlatParameters Parameters { get; }

    public LabelledCells Make(long step, TrainingSettings settings) => Draw(StepRandom.Of(settings.Seed, Name, step), settings.Batch);

    public Tensor Loss(LabelledCells batch, Generator noise)
    {
        using var scope = NewDisposeScope();
        var images = Scenes.ToTensor(batch.Images);
        using (no_grad())
        {
            var half = images.narrow(0, 0, images.shape[0] / 2);
            var latents = _autoencoder.Encode(half) * _autoencoder.Config.ScalingFactor;
            var decoded = _autoencoder.Decode((latents + (randn(latents.shape, generator: noise) * LatentNoise)) / _autoencoder.Config.ScalingFactor);
            images = cat([decoded.clamp(-1, 1), images.narrow(0, half.shape[0], images.shape[0] - half.shape[0])]);
        }

        var (shapes, colours) = Read(images);
        return (functional.cross_entropy(shapes, tensor(batch.Shapes)) + functional.cross_entropy(colours, tensor(batch.Colours))).MoveToOuterDisposeScope();
    }

    /// <summary>The share of cells whose shape and colour are told.</summary>
    public IReadOnlyDictionary<string, double> Validate()
    {
        using var scope = NewDisposeScope();
        var batch = Draw(StepRandom.Of(0, "vision validation", 0), 256);
        var (shapes, colours) = Read(Scenes.ToTensor(batch.Images));
        var told = (shapes.argmax(-1) == tensor(batch.Shapes)) & (colours.argmax(-1) == tensor(batch.Colours));
        return new Dictionary<string, double> { ["cells told"] = told.to(float32).mean().item<float>() };
    }

    public void Save() => ModelFolder.Write(
        _folder.VisionEncoder, "model", ShapesConfigs.VisionEncoder,
        Parameters.Network(Parameters.Values, Network).Select(one => KeyValuePair.Create($"vision_model.{one.Key}", one.Value)), ScalarType.Float16);

    public void Dispose()
    {
        foreach (var head in _heads.Values)
            head.Dispose();
        _network.Dispose();
        _autoencoder.Dispose();
        Parameters.Dispose();
    }

    private (Tensor Shapes, Tensor Colours) Read(Tensor images)
    {
        var tokens = _network.Pool(_network.Forward(images), ShapesConfigs.ImageTokens).flatten(0, 1); // [batch × cells, D]
        return (functional.linear(tokens, _heads["shape.weight"]), functional.linear(tokens, _heads["colour.weight"]));
    }

    private static LabelledCells Draw(Core.Random.NumpyRandom random, int count)
    {
        var (images, shapes, colours) = (new float[count * Scenes.Numbers], new long[count * 16], new long[count * 16]);
        for (var i = 0; i < count; i++)
        {
            var scene = Scenes.Full(random);
            Scenes.Render(scene, images.AsSpan(i * Scenes.Numbers, Scenes.Numbers));
            foreach (var one in scene.Objects)
                (shapes[(16 * i) + one.Cell], colours[(16 * i) + one.Cell]) = (1 + (int)one.Shape, 1 + one.Colour);
        }

        return new(images, shapes, colours);
    }
}
