using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Networks.Tokenizers;
using ReflectDiT.Eval.Training.Shapes;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Tests;

/// <summary>The stages with their own networks and data, for a few steps.</summary>
[Collection("Training")] // the heap of the process is kept still by one loop at a time
public sealed class ShapesStageTests : IClassFixture<ShapesRun>
{
    private readonly ShapesRun _run;

    public ShapesStageTests(ShapesRun run)
    {
        set_num_threads(1);
        _run = run;
    }

    [Theory]
    [InlineData("autoencoder", 0.8)]
    [InlineData("generator", 0.97)]
    [InlineData("judge", 0.8)]
    [InlineData("vision", 0.9)]
    public void The_loss_of_a_stage_falls(string stage, double to)
    {
        var losses = _run.Losses[stage];
        var (first, last) = (losses.Take(3).Average(), losses.TakeLast(3).Average());
        Assert.True(last < first * to, $"from {first} to {last}: {string.Join(", ", losses)}");
        Assert.Contains(_run.Said[stage], line => line.Contains("step", StringComparison.Ordinal));
    }

    /// <summary>
    /// Fine-tuning begins where the generator ended; with context almost too: it is a few tokens more to attend to.
    /// </summary>
    [Fact]
    public void Fine_tuning_begins_with_the_generator()
    {
        var generator = _run.Losses["generator"].TakeLast(3).Average();
        Assert.InRange(_run.Losses["tuned"][0], generator * 0.7, generator * 1.3);
        Assert.InRange(_run.Losses["reflection"][0], _run.Losses["tuned"][0] * 0.99, _run.Losses["tuned"][0] * 1.01);
    }

    /// <summary>From a norm of 0, and feedback that nothing can read, it does not get away.</summary>
    [Fact]
    public void A_context_can_be_read_from_the_first_step_on()
    {
        using var stage = new ReflectionStage(_run.Folder, context: true, 1);
        var begins = stage.Parameters.Network(stage.Parameters.Values, "transformer").ToDictionary();
        Assert.Equal(1, begins["reflection_norm.weight"].min().item<float>());
        foreach (var part in new[] { "linear_1.weight", "linear_1.bias", "linear_2.weight", "linear_2.bias" })
            Assert.Equal(begins[$"caption_projection.{part}"].data<float>().ToArray(), begins[$"reflection_text_projection.{part}"].data<float>().ToArray());
    }

    [Fact]
    public void Every_folder_is_one_that_the_loaders_take()
    {
        var folder = _run.Folder;
        var parts = SanaFolders.Of(folder.Weights, images: false);
        using var plain = SanaPipeline.Load(parts, ScalarType.Float32, ScalarType.Float32, CPU);
        using var tuned = SanaPipeline.Load(parts with { Transformer = folder.TunedTransformer }, ScalarType.Float32, ScalarType.Float32, CPU);
        using var reflect = SanaPipeline.Load(
            parts with { Transformer = folder.ReflectTransformer, Vision = folder.VisionEncoder }, ScalarType.Float32, ScalarType.Float32, CPU, ReflectionQuirks.Clean);
        using var judge = QwenVl.Load(folder.Judge, ScalarType.Float32, CPU);
        Assert.Equal(16, QwenImage.Cut(new(64, 64, new byte[3 * 64 * 64]), judge.Config.Vision.Patch).Tokens);
        Assert.NotEmpty(QwenGeneration.Read(folder.Judge, 24).EndTokens);
        Assert.Equal((64, 64), reflect.SizeOf(64, 64));
        Assert.All(Directory.GetDirectories(folder.Weights).Where(Checkpoint.IsIn), model => Assert.Equal(
            ScalarType.Float16, SafetensorsFile.Open(ModelFolder.File(model)).Tensors.Values.First().Type));
    }

    [Fact]
    public void The_model_card_tells_stages_and_digests()
    {
        ModelCard.Write(_run.Folder, 1);
        var card = File.ReadAllText(Path.Combine(_run.Folder.Weights, "README.md"));
        Assert.Contains("| generator | 24 |", card, StringComparison.Ordinal);
        Assert.Contains("right ", card, StringComparison.Ordinal);
        Assert.Contains(FileDigests.OfThisUser.Of(ModelFolder.File(_run.Folder.Judge)), card, StringComparison.Ordinal);
    }

    /// <summary>Two steps, a stop and two steps are four steps.</summary>
    [Theory]
    [InlineData("autoencoder")]
    [InlineData("generator")]
    [InlineData("judge")]
    [InlineData("vision")]
    [InlineData("reflection")]
    public void A_stage_that_was_stopped_goes_on_bit_for_bit(string stage)
    {
        var settings = new TrainingSettings(4, 4, 1e-3, WarmUp: 2);
        var (whole, halves) = (_run.Folder.Run($"{stage}.whole"), _run.Folder.Run($"{stage}.halves"));
        Train(whole, null);
        Train(halves, 2);
        Train(halves, null);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "checkpoint.safetensors")), File.ReadAllBytes(Path.Combine(halves, "checkpoint.safetensors")));

        void Train(string folder, int? stopAt)
        {
            var scratch = _run.Folder;
            switch (stage)
            {
                case "autoencoder": Run(new AutoencoderStage(scratch, ShapesConfigs.Autoencoder, 1)); break;
                case "generator": Run(new GeneratorStage(scratch, 1, poolSize: 64)); break;
                case "judge": Run(new JudgeStage(scratch, 1)); break;
                case "vision": Run(new VisionStage(scratch, 1)); break;
                default: Run(new ReflectionStage(scratch, context: true, 1)); break;
            }

            void Run<TBatch>(IStage<TBatch> trained)
            {
                using var stop = new CancellationTokenSource();
                using var kept = new UnsavedStage<TBatch>(trained, stopAt, stop);
                new TrainingLoop(folder, settings) { ValidateEvery = null }.Run(kept, stop.Token);
            }
        }
    }

    [Fact]
    public void Samples_are_labelled_and_go_on_where_they_ended()
    {
        Assert.Equal((128L, true), (_run.Samples.Step, _run.Samples.IsDone));
        var set = new SampleSet(_run.Folder.Samples);
        Assert.Equal(128, set.All.Count);
        Assert.All(set.All.Chunk(16), prompt => Assert.Single(prompt.Select(sample => sample.Prompt).Distinct()));
        var read = set.Reader();
        Assert.All(Enumerable.Range(0, 128).Where(i => i % 17 == 0), i => Assert.Equal(set.All[i].Fault, PixelScore.Fault(set.All[i].Prompt, read(i))));
    }

    [Fact]
    public void Every_prompt_and_every_fault_is_words_alone()
    {
        var tokenizer = Tokenizer.Open(_run.Folder.Tokenizer);
        var sets = ShapePrompts.Published;
        foreach (var prompt in sets.Test.Concat(sets.Validation).Concat(sets.Training.Where((_, i) => i % 50 == 0)))
            AssertWords(prompt.Prompt, ShapesConfigs.PromptTokens);
        var random = new NumpyRandom(3);
        var judge = Tokenizer.Open(_run.Folder.Judge);
        for (var i = 0; i < 200; i++)
        {
            var sentence = FaultyScene.Sample(sets.Training[Scenes.Prompt(random)], random).Fault.ToSentence();
            AssertWords(sentence, ShapesConfigs.FeedbackTokens);
            Assert.Equal(sentence.Split(' ').Length, judge.Encode(sentence).Length);
            Assert.Equal(sentence, judge.Decode(judge.Encode(sentence)));
        }

        void AssertWords(string text, int most)
        {
            var ids = tokenizer.Encode(text);
            Assert.Equal(text.Split(' ').Length + 1, ids.Length);
            Assert.InRange(ids.Length, 1, most);
            Assert.Equal(text, tokenizer.Decode(ids, skipSpecial: true));
        }
    }

    [Fact]
    public void A_repaired_scene_is_right_and_near_to_the_wrong_one()
    {
        var random = new NumpyRandom(5);
        var (kept, all) = (0, 0);
        for (var i = 0; i < 100; i++)
        {
            var prompt = Scenes.Prompt(random);
            var asked = ShapePrompts.Published.Training[prompt];
            var wrong = FaultyScene.Sample(asked, random).Scene;
            var seen = Repair.Seen(SceneRenderer.Render(wrong));
            Assert.Equal(wrong.Objects.Select(one => (one.Cell, one.Shape, one.Colour)).Order(), seen.Objects.Select(one => (one.Cell, one.Shape, one.Colour)).Order());
            var right = Repair.Of(prompt, wrong, random);
            Assert.Null(ShapeFault.First(asked, right.Detections()));
            Assert.Equal(right.Objects.Count, right.Objects.DistinctBy(one => one.Cell).Count());
            kept += wrong.Objects.Count(one => right.Objects.Any(other => other.Cell == one.Cell));
            all += Math.Min(wrong.Objects.Count, right.Objects.Count);
        }

        Assert.InRange((double)kept / all, 0.8, 1);
    }

    /// <summary>Leaves the weights of the other tests alone.</summary>
    private sealed class UnsavedStage<TBatch>(IStage<TBatch> inner, int? stopAt, CancellationTokenSource stop) : IStage<TBatch>
    {
        private int _learned;

        public string Name => inner.Name;

        public string Identity => inner.Identity;

        public FlatParameters Parameters => inner.Parameters;

        public TBatch Make(long step, TrainingSettings settings) => inner.Make(step, settings);

        public Tensor Loss(TBatch batch, Generator noise)
        {
            if (++_learned == stopAt)
                stop.Cancel();
            return inner.Loss(batch, noise);
        }

        public IReadOnlyDictionary<string, double> Validate() => inner.Validate();

        public void Save()
        {
        }

        public void Dispose() => inner.Dispose();
    }
}
