using System.Diagnostics;
using System.Globalization;
using ReflectDiT.Eval.Networks;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training;

/// <summary>How far a stage came.</summary>
/// <param name="Step">The last step that is done.</param>
/// <param name="IsDone">Whether it was the stage's last.</param>
public sealed record TrainingResult(long Step, bool IsDone, double Loss);

/// <summary>The loss is no number any more.</summary>
public sealed class TrainingDivergedException(string message) : Exception(message);

/// <summary>
/// Trains a stage step by step. All that a step draws at random is a function of the seed and the step, so that a stage
/// that was stopped goes on as if it had not been, bit for bit on the same processor with as many threads.
/// </summary>
public sealed class TrainingLoop
{
    /// <summary>Steps between two lines of the log.</summary>
    private const int LogEvery = 50;

    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(10);

    /// <param name="folder">Where checkpoint and log of the stage lie.</param>
    public TrainingLoop(string folder, TrainingSettings settings) => (Folder, Settings) = (folder, settings);

    public string Folder { get; }

    public TrainingSettings Settings { get; }

    /// <summary>For a trial: to stop after so long, with a checkpoint.</summary>
    public TimeSpan? Time { get; init; }

    public TimeSpan SaveEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Null for never, not even at the end.</summary>
    public TimeSpan? ValidateEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Told of how it goes, a line at a time.</summary>
    public Action<string>? Say { get; init; }

    /// <summary>Trains on from the folder's checkpoint, or from the beginning.</summary>
    /// <param name="stop">Stops after the step in flight, with a checkpoint.</param>
    /// <exception cref="TrainingDivergedException">The loss is no number any more; the last checkpoint is that of an earlier step.</exception>
    /// <exception cref="InvalidDataException">The folder's checkpoint is of another stage, or of other settings.</exception>
    public TrainingResult Run<TBatch>(IStage<TBatch> stage, CancellationToken stop = default)
    {
        Libtorch.Load();
        Directory.CreateDirectory(Folder);
        using var optimizer = new AdamW(stage.Parameters, Settings);
        var checkpoint = new TrainingCheckpoint(Folder, $"{stage.Name} {stage.Identity} {Settings}");
        var done = checkpoint.Load(stage.Parameters, optimizer);
        using var log = new TrainingLog(Path.Combine(Folder, "log.jsonl"), done);
        log.Started(done, Processor(), get_num_threads());
        using var batches = new BatchQueue<TBatch>(step => stage.Make(step, Settings), done + 1, Settings.Steps);
        Say?.Invoke(string.Create(CultureInfo.InvariantCulture,
            $"{stage.Name}: {stage.Parameters.Count:N0} parameters, {Settings.Steps:N0} steps of {Settings.Batch}")
            + (done > 0 ? $", from step {done} on" : ""));

        var (began, said, saved, validated) = (Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp());
        var (first, mean) = (done, new RunningLoss());
        while (done < Settings.Steps && !stop.IsCancellationRequested && (Time is null || Stopwatch.GetElapsedTime(began) < Time))
        {
            var step = done + 1;
            var (loss, norm) = Learn(stage, optimizer, batches.Take(), step);
            done = step;
            mean.Add(loss);
            var rate = (done - first) * Settings.Batch / Stopwatch.GetElapsedTime(began).TotalSeconds;
            if (done == 1 || done % LogEvery == 0 || done == Settings.Steps)
                log.Step(done, loss, mean.Value, norm, Settings.RateAt(done), rate);
            if (Stopwatch.GetElapsedTime(said) > SayEvery)
            {
                said = Stopwatch.GetTimestamp();
                Say?.Invoke(Progress(stage.Name, done, mean.Value, rate));
            }

            if (Stopwatch.GetElapsedTime(saved) > SaveEvery)
            {
                checkpoint.Save(done, stage.Parameters, optimizer);
                saved = Stopwatch.GetTimestamp();
            }

            if (Stopwatch.GetElapsedTime(validated) > ValidateEvery)
            {
                Validate(stage, optimizer, done, log, save: false);
                validated = Stopwatch.GetTimestamp();
            }
        }

        checkpoint.Save(done, stage.Parameters, optimizer);
        if (done > first)
            Say?.Invoke(Progress(stage.Name, done, mean.Value, (done - first) * Settings.Batch / Stopwatch.GetElapsedTime(began).TotalSeconds));
        Validate(stage, optimizer, done, log, save: true);
        return new(done, done == Settings.Steps, mean.Value);
    }

    private (double Loss, double Norm) Learn<TBatch>(IStage<TBatch> stage, AdamW optimizer, TBatch batch, long step)
    {
        using var scope = NewDisposeScope();
        using var noise = new Generator((ulong)StepRandom.Seed(Settings.Seed, "noise", step), CPU);
        var loss = stage.Loss(batch, noise);
        loss.backward();
        var (value, norm) = ((double)loss.item<float>(), optimizer.GradientNorm());
        if (!double.IsFinite(value) || !double.IsFinite(norm))
        {
            throw new TrainingDivergedException(string.Create(CultureInfo.InvariantCulture,
                $"{stage.Name}: at step {step} the loss is {value} and the length of its gradient {norm}. The checkpoint in {Folder} is of an earlier step; ")
                + "train anew in another folder, with a lower learning rate.");
        }

        optimizer.Step(step, Settings.RateAt(step), Math.Min(1, Settings.Clip / (norm + 1e-6)));
        return (value, norm);
    }

    /// <summary>With the mean weights in the place of those that are trained.</summary>
    private void Validate<TBatch>(IStage<TBatch> stage, AdamW optimizer, long step, TrainingLog log, bool save)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var trained = stage.Parameters.Values.clone();
        stage.Parameters.Values.copy_(optimizer.Mean);
        try
        {
            var measured = ValidateEvery is null ? new Dictionary<string, double>() : stage.Validate();
            log.Validation(step, measured);
            if (measured.Count > 0)
                Say?.Invoke($"{stage.Name}: step {step}: " + string.Join(", ", measured.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Key} {m.Value:0.####}"))));
            if (save)
                stage.Save();
        }
        finally
        {
            stage.Parameters.Values.copy_(trained);
        }
    }

    /// <summary>As it calls itself.</summary>
    private static string Processor() => File.Exists("/proc/cpuinfo")
        && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
        ? line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..]
        : $"{System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture}";

    private string Progress(string name, long step, double loss, double rate) => string.Create(CultureInfo.InvariantCulture,
        $"{name}: step {step} of {Settings.Steps} ({100.0 * step / Settings.Steps:0.0} %), loss {loss:0.0000}, {rate:0.0} samples/s, ")
        + $"{TimeSpan.FromSeconds((Settings.Steps - step) * Settings.Batch / rate):h\\:mm\\:ss} left";

    /// <summary>The mean of about the last hundred.</summary>
    private sealed class RunningLoss
    {
        private double _sum;
        private double _weight;

        public double Value => _sum / _weight;

        public void Add(double loss) => (_sum, _weight) = ((_sum * 0.99) + loss, (_weight * 0.99) + 1);
    }
}
