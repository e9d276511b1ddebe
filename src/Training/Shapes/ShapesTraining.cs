using ReflectDiT.Eval.Networks;
using TorchSharp;

namespace ReflectDiT.Eval.Training.Shapes;

/// <param name="Time">For a trial: each stage stops after so long.</param>
/// <param name="Steps">In the place of a stage's own number of steps.</param>
/// <param name="Threads">Of libtorch; they decide the last bits.</param>
public sealed record ShapesTrainingOptions(long Seed, int Threads, TimeSpan? Time = null, long? Steps = null);

/// <summary>The stages of the world of shapes, in the order in which each needs those before it.</summary>
public static class ShapesTraining
{
    /// <summary>Training prompts of which the generator draws samples.</summary>
    private const int SamplePrompts = 1_000;

    /// <summary>By the names that the command takes.</summary>
    public static IReadOnlyList<string> Stages { get; } = ["autoencoder", "generator", SamplesStage.Name, "judge", "vision", "tuned", "reflection"];

    /// <summary>Trains a stage on from where it was, and writes what came of it.</summary>
    /// <param name="stage">One of <see cref="Stages"/>.</param>
    /// <param name="say">Told of how it goes, a line at a time.</param>
    /// <exception cref="Networks.Checkpoints.CheckpointException">An earlier stage's weights are not there.</exception>
    /// <exception cref="InvalidDataException">What was begun is of other settings.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no number any more.</exception>
    public static TrainingResult Run(
        string stage, ShapesFolder folder, ShapesTrainingOptions options, Action<string>? say = null, CancellationToken stop = default)
    {
        Libtorch.Load();
        torch.set_num_threads(options.Threads);
        var seed = options.Seed;
        return stage switch
        {
            "autoencoder" => Train(new AutoencoderStage(folder, ShapesConfigs.Autoencoder, seed), AutoencoderStage.Settings),
            "generator" => Train(new GeneratorStage(folder, seed), GeneratorStage.Settings),
            SamplesStage.Name => SamplesStage.Run(folder, (int)(options.Steps ?? SamplePrompts), seed, options.Time, say, stop),
            "judge" => Train(new JudgeStage(folder, seed), JudgeStage.Settings),
            "vision" => Train(new VisionStage(folder, seed), VisionStage.Settings),
            "tuned" => Train(new ReflectionStage(folder, context: false, seed), ReflectionStage.Settings),
            "reflection" => Train(new ReflectionStage(folder, context: true, seed), ReflectionStage.Settings),
            _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, $"expected one of {string.Join(", ", Stages)}"),
        };

        TrainingResult Train<TBatch>(IStage<TBatch> trained, TrainingSettings settings)
        {
            using (trained)
            {
                settings = settings with { Seed = seed, Steps = options.Steps ?? settings.Steps };
                var result = new TrainingLoop(folder.Run(trained.Name), settings) { Time = options.Time, Say = say }.Run(trained, stop);
                ModelCard.Write(folder, seed);
                return result;
            }
        }
    }
}
