using System.Text.Json;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Tests;

[Collection("Training")] // the heap of the process is kept still by one loop at a time
public sealed class TrainingLoopTests : IDisposable
{
    private static readonly TrainingSettings Settings = new(Steps: 120, Batch: 16, LearningRate: 1e-2, WarmUp: 10);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("training");

    public TrainingLoopTests()
    {
        Libtorch.Load();
        set_num_threads(1);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_loss_falls_and_the_log_says_so()
    {
        using var stage = new LineStage();
        var said = new List<string>();
        var result = new TrainingLoop(_folder.FullName, Settings) { Say = said.Add }.Run(stage);
        Assert.True(result.IsDone);
        Assert.Equal(Settings.Steps, result.Step);
        Assert.Equal(1, stage.Saved);
        var steps = File.ReadAllLines(Path.Combine(_folder.FullName, "log.jsonl")).Select(line => JsonElement.Parse(line)).ToList();
        var losses = steps.Where(step => step.TryGetProperty("loss", out _)).Select(step => step.GetProperty("loss").GetDouble()).ToList();
        Assert.True(losses[^1] < losses[0] / 3, $"from {losses[0]} to {losses[^1]}");
        Assert.Contains(said, line => line.Contains("loss", StringComparison.Ordinal) && line.Contains("samples/s", StringComparison.Ordinal)
            && line.Contains("left", StringComparison.Ordinal));
    }

    /// <summary>Stopped in its middle, thrown away and begun anew: values, mean and both moments, bit for bit.</summary>
    [Fact]
    public void A_stage_that_was_stopped_goes_on_as_if_it_had_not_been()
    {
        var (whole, halves) = (Path.Combine(_folder.FullName, "whole"), Path.Combine(_folder.FullName, "halves"));
        using (var stage = new LineStage())
            new TrainingLoop(whole, Settings).Run(stage);
        using (var stage = new LineStage())
        using (var stop = new CancellationTokenSource())
        {
            // It stops by itself at a step that the loop does not expect.
            var stopping = new StoppingStage(stage, 37, stop);
            Assert.Equal(37, new TrainingLoop(halves, Settings).Run(stopping, stop.Token).Step);
        }

        using (var stage = new LineStage())
            Assert.True(new TrainingLoop(halves, Settings).Run(stage).IsDone);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "checkpoint.safetensors")), File.ReadAllBytes(Path.Combine(halves, "checkpoint.safetensors")));
        Assert.Equal(Steps(whole), Steps(halves));

        static List<(long, double)> Steps(string folder) => [.. File.ReadAllLines(Path.Combine(folder, "log.jsonl"))
            .Select(line => JsonElement.Parse(line)).Where(line => line.TryGetProperty("loss", out _))
            .Select(line => (line.GetProperty("step").GetInt64(), line.GetProperty("loss").GetDouble()))];
    }

    [Fact]
    public void What_is_no_number_stops_it_with_its_step_and_keeps_the_checkpoint_before()
    {
        using (var stage = new LineStage())
            new TrainingLoop(_folder.FullName, Settings with { Steps = 20 }).Run(stage);
        var before = File.ReadAllBytes(Path.Combine(_folder.FullName, "checkpoint.safetensors"));
        var elsewhere = Path.Combine(_folder.FullName, "poisoned");
        using var poisoned = new LineStage(poisonedStep: 33);
        var fault = Assert.Throws<TrainingDivergedException>(() => new TrainingLoop(elsewhere, Settings).Run(poisoned));
        Assert.Contains("step 33", fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(elsewhere, "checkpoint.safetensors")));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(_folder.FullName, "checkpoint.safetensors")));
    }

    [Fact]
    public void Other_settings_do_not_go_on_with_a_checkpoint()
    {
        using (var stage = new LineStage())
            new TrainingLoop(_folder.FullName, Settings with { Steps = 3 }).Run(stage);
        using var again = new LineStage();
        var fault = Assert.Throws<InvalidDataException>(() => new TrainingLoop(_folder.FullName, Settings with { Steps = 3, LearningRate = 1 }).Run(again));
        Assert.Contains("LearningRate = 1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_while_a_batch_is_made_ends_the_training()
    {
        using var stage = new LineStage();
        var failing = new StoppingStage(stage, 5, null);
        Assert.Equal("batch 5", Assert.Throws<InvalidOperationException>(() => new TrainingLoop(_folder.FullName, Settings).Run(failing)).Message);
    }

    /// <summary>The formula of the paper (arXiv 1711.05101, algorithm 2) in doubles, and the mean of the weights.</summary>
    [Fact]
    public void AdamW_is_the_published_one()
    {
        using var scope = NewDisposeScope();
        using var parameters = new FlatParameters(new Dictionary<string, IReadOnlyDictionary<string, long[]>>
        {
            ["a"] = new Dictionary<string, long[]> { ["weight"] = [3, 7], ["bias"] = [5] },
        });
        parameters.Values.copy_(arange(parameters.Length, dtype: float32) / 10);
        var settings = new TrainingSettings(10, 1, 0.1, WeightDecay: 0.5);
        using var optimizer = new AdamW(parameters, settings);
        var (weight, m, v, mean) = (0.3, 0.0, 0.0, 0.3);
        var (bias, mBias, vBias) = ((double)parameters.Of(parameters.Values, "a.bias")[1].item<float>(), 0.0, 0.0);
        for (var step = 1; step <= 3; step++)
        {
            parameters.Gradients.fill_(0.2f * step);
            Assert.Equal(0.2 * step * Math.Sqrt(parameters.Length), optimizer.GradientNorm(), 1e-4);
            optimizer.Step(step, 0.1, scale: 0.5);
            (weight, m, v) = Expected(weight, m, v, 0.1 * step, step, 0.5);
            (bias, mBias, vBias) = Expected(bias, mBias, vBias, 0.1 * step, step, 0);
            var keep = Math.Min(settings.MeanDecay, (1.0 + step) / (10 + step));
            mean = (mean * keep) + (weight * (1 - keep));
            Assert.Equal(0, parameters.Gradients.abs().sum().item<float>());
        }

        Assert.Equal(weight, parameters.Of(parameters.Values, "a.weight")[0, 3].item<float>(), 1e-5);
        Assert.Equal(mean, parameters.Of(optimizer.Mean, "a.weight")[0, 3].item<float>(), 1e-5);
        Assert.Equal(bias, parameters.Of(parameters.Values, "a.bias")[1].item<float>(), 1e-5);

        (double, double, double) Expected(double value, double first, double second, double gradient, int step, double decay)
        {
            (first, second) = ((0.9 * first) + (0.1 * gradient), (settings.Beta2 * second) + ((1 - settings.Beta2) * gradient * gradient));
            var (hat, squareHat) = (first / (1 - Math.Pow(0.9, step)), second / (1 - Math.Pow(settings.Beta2, step)));
            return (value - (0.1 * ((hat / (Math.Sqrt(squareHat) + 1e-8)) + (decay * value))), first, second);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, 0)]
    [InlineData(ScalarType.Float16, 1e-3)]
    [InlineData(ScalarType.BFloat16, 8e-3)]
    public void Tensors_that_are_written_are_read_again(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(_folder.FullName, "model.safetensors");
        var (a, b) = (randn(3, 5), randn(7).unsqueeze(0).transpose(0, 1));
        SafetensorsWriter.Write(path, [KeyValuePair.Create("b", b), KeyValuePair.Create("a.weight", a)], type, new Dictionary<string, string> { ["step"] = "3" });
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(["a.weight", "b"], file.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, expected) in new[] { ("a.weight", a), ("b", b) })
        {
            var read = file.Read(name);
            Assert.Equal(type, read.dtype);
            Assert.Equal(expected.shape, read.shape);
            Assert.InRange((read.to(float32) - expected).abs().max().item<float>(), 0, tolerance * 4);
        }

        Assert.Equal("3", SafetensorsWriter.ReadMetadata(path)["step"]);
        Assert.Equal([path], Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public void The_learning_rate_rises_stays_and_falls()
    {
        var settings = new TrainingSettings(Steps: 1000, Batch: 1, LearningRate: 1, WarmUp: 100, DecayShare: 0.4);
        Assert.Equal(0.01, settings.RateAt(1), 6);
        Assert.Equal(1, settings.RateAt(100), 6);
        Assert.Equal(1, settings.RateAt(600), 6);
        Assert.Equal(0.5, settings.RateAt(801), 6);
        Assert.InRange(settings.RateAt(1000), 0, 1e-4);
    }

    /// <summary>Stops before a step, or fails to make its batch.</summary>
    private sealed class StoppingStage(LineStage inner, long at, CancellationTokenSource? stop) : IStage<float[]>
    {
        private long _learned;

        public string Name => inner.Name;

        public string Identity => inner.Identity;

        public FlatParameters Parameters => inner.Parameters;

        public float[] Make(long step, TrainingSettings settings) => stop is null && step == at
            ? throw new InvalidOperationException($"batch {step}")
            : inner.Make(step, settings);

        public Tensor Loss(float[] batch, Generator noise)
        {
            if (++_learned == at)
                stop?.Cancel();
            return inner.Loss(batch, noise);
        }

        public IReadOnlyDictionary<string, double> Validate() => inner.Validate();

        public void Save() => inner.Save();

        public void Dispose()
        {
        }
    }
}
