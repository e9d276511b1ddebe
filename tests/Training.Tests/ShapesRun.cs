using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Training.Shapes;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Tests;

/// <summary>All stages of the world of shapes, a few steps each, one behind the other.</summary>
public sealed class ShapesRun : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("shapes");

    public ShapesRun()
    {
        Libtorch.Load();
        set_num_threads(1);
        Folder = new(_root.FullName);
        Learn(new AutoencoderStage(Folder, ShapesConfigs.Autoencoder, 1) { Validated = 4 }, new(24, 4, 3e-3, WarmUp: 5, MeanDecay: 0.9));
        Learn(new GeneratorStage(Folder, 1, poolSize: 64) { Validated = 4 }, new(24, 12, 2e-3, WarmUp: 5, MeanDecay: 0.9));
        Samples = SamplesStage.Run(Folder, prompts: 8, seed: 1, null, null, CancellationToken.None);
        Learn(new JudgeStage(Folder, 1), new(16, 8, 2e-3, WarmUp: 5, MeanDecay: 0.9));
        Learn(new VisionStage(Folder, 1), new(20, 8, 2e-3, WarmUp: 5, MeanDecay: 0.9));
        Learn(new ReflectionStage(Folder, context: false, 1) { Validated = 4 }, new(10, 8, 1e-3, WarmUp: 3, MeanDecay: 0.9));
        Learn(new ReflectionStage(Folder, context: true, 1) { Validated = 4 }, new(10, 8, 1e-3, WarmUp: 3, MeanDecay: 0.9));
    }

    internal ShapesFolder Folder { get; }

    internal TrainingResult Samples { get; }

    /// <summary>Of each stage the losses of its steps, in order.</summary>
    internal Dictionary<string, List<double>> Losses { get; } = [];

    internal Dictionary<string, List<string>> Said { get; } = [];

    public void Dispose() => _root.Delete(recursive: true);

    private void Learn<TBatch>(IStage<TBatch> stage, TrainingSettings settings)
    {
        using var watched = new WatchedStage<TBatch>(stage);
        Said[stage.Name] = [];
        new TrainingLoop(Folder.Run(stage.Name), settings) { Say = Said[stage.Name].Add }.Run(watched);
        Losses[stage.Name] = watched.Losses;
    }

    /// <summary>Notes the losses.</summary>
    private sealed class WatchedStage<TBatch>(IStage<TBatch> inner) : IStage<TBatch>
    {
        public List<double> Losses { get; } = [];

        public string Name => inner.Name;

        public string Identity => inner.Identity;

        public FlatParameters Parameters => inner.Parameters;

        public TBatch Make(long step, TrainingSettings settings) => inner.Make(step, settings);

        public Tensor Loss(TBatch batch, Generator noise)
        {
            var loss = inner.Loss(batch, noise);
            Losses.Add(loss.item<float>());
            return loss;
        }

        public IReadOnlyDictionary<string, double> Validate() => inner.Validate();

        public void Save() => inner.Save();

        public void Dispose() => inner.Dispose();
    }
}
