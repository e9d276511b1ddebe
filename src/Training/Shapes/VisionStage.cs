using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Shapes;

/// <param name="Images">From -1 to 1, [batch, 3, 64, 64].</param>
internal sealed record LabelledBoards(float[] Images, CellLabels Labels);

/// <summary>
/// The vision encoder of the context: SigLIP's tower in small. Its tokens, one a cell when they are pooled, learn to tell
/// which shape of which colour stands in each cell; what reads that off them is thrown away. Half of the images have gone
/// through the autoencoder with some noise, as the generator's have.
/// </summary>
internal sealed class VisionStage : IStage<LabelledBoards>
{
    private const string Network = "vision_encoder";
    private const double LatentNoise = 0.2;

    private readonly ShapesFolder _folder;
    private readonly DcAutoencoder _autoencoder;
    private readonly SiglipVision _network;
    private readonly CellReader _reader;

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
            [CellReader.Name] = CellReader.Sizes(config.Width),
        });
        Initialization.Fill(Parameters, Network, seed);
        _network = new(config, Parameters.Weights(Network));
        Parameters.Train(Network, _network.Parameters);
        _reader = new(Parameters, seed);
    }

    public static TrainingSettings Settings { get; } = new(Steps: 700, Batch: 64, LearningRate: 1e-3, WarmUp: 200, MeanDecay: 0.998);

    public string Name => "vision";

    public string Identity => ShapesConfigs.VisionEncoder;

    public FlatParameters Parameters { get; }

    public LabelledBoards Make(long step, TrainingSettings settings) => Draw(StepRandom.Of(settings.Seed, Name, step), settings.Batch);

    public Tensor Loss(LabelledBoards batch, Generator noise)
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

        return _reader.Loss(Tokens(images), batch.Labels).MoveToOuterDisposeScope();
    }

    /// <summary>The share of cells whose shape and colour are told.</summary>
    public IReadOnlyDictionary<string, double> Validate()
    {
        using var scope = NewDisposeScope();
        var batch = Draw(StepRandom.Of(0, "vision validation", 0), 256);
        return new Dictionary<string, double> { ["cells told"] = _reader.Told(Tokens(Scenes.ToTensor(batch.Images)), batch.Labels) };
    }

    public void Save() => ModelFolder.Write(
        _folder.VisionEncoder, "model", ShapesConfigs.VisionEncoder,
        Parameters.Network(Parameters.Values, Network).Select(one => KeyValuePair.Create($"vision_model.{one.Key}", one.Value)), ScalarType.Float16);

    public void Dispose()
    {
        _reader.Dispose();
        _network.Dispose();
        _autoencoder.Dispose();
        Parameters.Dispose();
    }

    /// <returns>[batch × cells, D]</returns>
    private Tensor Tokens(Tensor images) => _network.Pool(_network.Forward(images), ShapesConfigs.ImageTokens).flatten(0, 1);

    private static LabelledBoards Draw(NumpyRandom random, int count)
    {
        var (scenes, images) = (new Scene[count], new float[count * Scenes.Numbers]);
        for (var i = 0; i < count; i++)
        {
            scenes[i] = Scenes.Full(random);
            Scenes.Render(scenes[i], images.AsSpan(i * Scenes.Numbers, Scenes.Numbers));
        }

        return new(images, CellLabels.Of(scenes));
    }
}
