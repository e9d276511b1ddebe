using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Networks.Tokenizers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Training.Shapes;

/// <param name="Ids">Conversations with their answers, filled up on the left, [batch, length].</param>
/// <param name="Mask">1 for a token.</param>
/// <param name="Weights">Of each id, how much it counts that it is foreseen: those of answers alone.</param>
/// <param name="Boards">Images that nothing is asked about.</param>
/// <param name="Cells">What stands in their cells.</param>
internal sealed record JudgedImages(
    IReadOnlyList<QwenPatches> Images, long[] Ids, long[] Mask, float[] Weights, int Length, IReadOnlyList<QwenPatches> Boards, CellLabels Cells);

/// <summary>
/// The judge: a small Qwen2.5-VL, whose patches are half a cell wide, so that a token is a cell. It answers with one word
/// for a right image, else with one fault in words. Half of what it sees are the generator's own images, as the pixel
/// detector labels them; the others are rendered, with right prompts, with a fault, and with prompts that are nearly right.
/// A published judge could see before it learned to judge; this one learns both at once: full boards, of which its
/// vision tower tells what stands in each cell, go with each batch.
/// </summary>
internal sealed class JudgeStage : IStage<JudgedImages>
{
    private const string Network = "judge";
    private const string End = "<|im_end|>";
    private const string Pad = "<|endoftext|>";

    /// <summary>The first word decides: it counts as much as so many others.</summary>
    private const float FirstWord = 4;

    /// <summary>How much it counts to see, beside judging.</summary>
    private const float Seeing = 0.5f;

    /// <summary>Of the samples, the last are kept for validation.</summary>
    private const double HeldOut = 0.05;

    private static readonly string[] Special = [Pad, "<|im_start|>", End, "<|vision_start|>", "<|vision_end|>", "<|image_pad|>"];

    private readonly ShapesFolder _folder;
    private readonly Tokenizer _tokenizer;
    private readonly string _config;
    private readonly QwenVl _network;
    private readonly CellReader _reader;
    private readonly int _end;
    private readonly int _pad;
    private readonly IReadOnlyList<Sample> _samples;
    private readonly int[] _right;
    private readonly int[] _wrong;
    private readonly Func<int, RgbImage>? _read;

    public JudgeStage(ShapesFolder folder, long seed)
    {
        Libtorch.Load();
        _folder = folder;
        WordTokenizer.WriteQwen(
            folder.Judge, [.. ShapesWords.All, "helpful", "assistant"], [.. ShapesWords.First, "system", "user", "assistant", "You"], Special, Pad);
        _tokenizer = Tokenizer.Open(folder.Judge);
        (_end, _pad) = (_tokenizer.Id(End), _tokenizer.Id(Pad));
        _config = ShapesConfigs.Judge(_tokenizer.Count, _tokenizer.Id("<|image_pad|>"), _tokenizer.Id("<|vision_start|>"));
        var config = QwenConfig.Read(ModelFolder.Read(_config));
        var none = Weights.None();
        _ = new QwenVl(config, none);
        Parameters = new(new Dictionary<string, IReadOnlyDictionary<string, long[]>>
        {
            [Network] = none.Shapes,
            [CellReader.Name] = CellReader.Sizes(config.Width),
        });
        Initialization.Fill(Parameters, Network, seed);
        _network = new(config, Parameters.Weights(Network));
        Parameters.Train(Network, _network.Parameters);
        _reader = new(Parameters, seed);

        var set = new SampleSet(folder.Samples);
        _samples = set.All;
        _read = _samples.Count > 0 ? set.Reader() : null;
        var learned = (int)(_samples.Count * (1 - HeldOut));
        _right = [.. Enumerable.Range(0, learned).Where(i => _samples[i].Fault is null)];
        _wrong = [.. Enumerable.Range(0, learned).Where(i => _samples[i].Fault is not null)];
    }

    public static TrainingSettings Settings { get; } = new(Steps: 3_600, Batch: 64, LearningRate: 1e-3, WarmUp: 300, MeanDecay: 0.999);

    public string Name => "judge";

    public string Identity => $"{_config} of {_samples.Count} samples";

    public FlatParameters Parameters { get; }

    public JudgedImages Make(long step, TrainingSettings settings)
    {
        var random = StepRandom.Of(settings.Seed, Name, step);
        var boards = Enumerable.Range(0, settings.Batch / 2).Select(_ => Scenes.Full(random)).ToList();
        return Batch([.. Enumerable.Range(0, settings.Batch).Select(_ => Draw(random))], answered: true) with
        {
            Boards = [.. boards.Select(board => Cut(SceneRenderer.Render(board)))],
            Cells = CellLabels.Of(boards),
        };
    }

    public Tensor Loss(JudgedImages batch, Generator noise)
    {
        using var scope = NewDisposeScope();
        var (ids, mask) = (tensor(batch.Ids).view(-1, batch.Length), tensor(batch.Mask).view(-1, batch.Length));
        var seen = _network.See([.. batch.Images, .. batch.Boards]); // [(B + boards) × cells, D]
        var asked = (long)batch.Images.Sum(image => image.Tokens);
        var logits = _network.Forward(ids, mask, batch.Images, seen: seen.narrow(0, 0, asked)).narrow(1, 0, batch.Length - 1).flatten(0, 1); // [B × (L - 1), vocabulary]
        var weights = tensor(batch.Weights).view(-1, batch.Length).narrow(1, 1, batch.Length - 1).flatten();
        var counted = weights.nonzero().flatten();
        var errors = functional.cross_entropy(
            logits.index_select(0, counted), ids.narrow(1, 1, batch.Length - 1).flatten().index_select(0, counted), reduction: Reduction.None);
        weights = weights.index_select(0, counted);
        var judging = (errors * weights).sum() / weights.sum();
        return (judging + (Seeing * _reader.Loss(seen.narrow(0, asked, seen.shape[0] - asked), batch.Cells))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The shares of right and of wrong images that are accepted: rendered ones, and held out images of the generator. And the
    /// share of cells whose shape and colour are told.
    /// </summary>
    public IReadOnlyDictionary<string, double> Validate()
    {
        var measured = new Dictionary<string, double>();
        var random = StepRandom.Of(0, "judge validation", 0);
        var rendered = Enumerable.Range(0, 512).Select(_ => Rendered(random)).ToList();
        Measure("rendered", rendered);
        var first = (int)(_samples.Count * (1 - HeldOut));
        Measure("drawn", [.. Enumerable.Range(first, _samples.Count - first).Take(1024).Select(Drawn)]);
        var boards = Enumerable.Range(0, 128).Select(_ => Scenes.Full(random)).ToList();
        using (NewDisposeScope())
            measured.Add("cells told", _reader.Told(_network.See([.. boards.Select(board => Cut(SceneRenderer.Render(board)))]), CellLabels.Of(boards)));
        return measured;

        void Measure(string name, List<Judged> images)
        {
            var accepted = images.Chunk(64).SelectMany(chunk => Accepts([.. chunk])).ToList();
            foreach (var group in images.Zip(accepted).GroupBy(pair => pair.First.Answer == ShapeFault.None))
                measured.Add($"{name} {(group.Key ? "right" : "wrong")} accepted", group.Average(pair => pair.Second ? 1.0 : 0));
        }
    }

    public void Save()
    {
        ModelFolder.Write(_folder.Judge, "model", _config, Parameters.Network(Parameters.Values, Network), ScalarType.Float16);
        File.WriteAllText(Path.Combine(_folder.Judge, "generation_config.json"),
            $$"""{"eos_token_id": [{{_end}}], "pad_token_id": {{_pad}}, "repetition_penalty": 1.0}""" + "\n");
        // As Qwen's image processor has it: a patch of 8 pixels, and no limit that a board would reach.
        File.WriteAllText(Path.Combine(_folder.Judge, "preprocessor_config.json"),
            $$"""{"image_processor_type": "Qwen2VLImageProcessor", "max_pixels": {{Scenes.Size * Scenes.Size}}, "merge_size": 2, "min_pixels": {{Scenes.Size * Scenes.Size}}, "patch_size": 8, "temporal_patch_size": 2}""" + "\n");
    }

    public void Dispose()
    {
        _reader.Dispose();
        _network.Dispose();
        Parameters.Dispose();
    }

    /// <summary>Whether the first word of the answers is the one for a right image.</summary>
    private bool[] Accepts(IReadOnlyList<Judged> images)
    {
        using var scope = NewDisposeScope();
        var batch = Batch(images, answered: false);
        var logits = _network.Forward(tensor(batch.Ids).view(-1, batch.Length), tensor(batch.Mask).view(-1, batch.Length), batch.Images);
        var accepts = _tokenizer.Encode(ShapeFault.None)[0];
        return [.. logits.select(1, batch.Length - 1).argmax(-1).data<long>().Select(id => id == accepts)];
    }

    private Judged Draw(NumpyRandom random)
    {
        if (_right.Length == 0 || _wrong.Length == 0 || random.NextInt(2) == 0)
            return Rendered(random);
        var places = random.NextInt(2) == 0 ? _right : _wrong;
        return Drawn(places[random.NextInt(places.Length)]);
    }

    private Judged Drawn(int place) =>
        new(_read!(place), ShapePrompts.Published.Training[_samples[place].Prompt].Prompt, _samples[place].Fault ?? ShapeFault.None);

    /// <summary>As many right ones as others.</summary>
    private static Judged Rendered(NumpyRandom random)
    {
        var prompt = ShapePrompts.Published.Training[Scenes.Prompt(random)];
        if (random.NextInt(2) == 0)
            return new(SceneRenderer.Render(SceneSampler.Sample(prompt, random)), prompt.Prompt, ShapeFault.None);
        if (random.NextInt(2) == 0)
        {
            var scene = SceneSampler.Sample(prompt, random);
            if (NearlyRight.Sample(prompt, scene, ShapePrompts.Published, random) is { } near)
                return new(SceneRenderer.Render(scene), near.Prompt.Prompt, near.Fault.ToSentence());
        }

        var faulty = FaultyScene.Sample(prompt, random);
        return new(SceneRenderer.Render(faulty.Scene), prompt.Prompt, faulty.Fault.ToSentence());
    }

    private JudgedImages Batch(IReadOnlyList<Judged> judged, bool answered)
    {
        var patches = judged.Select(one => Cut(one.Image)).ToList();
        var asked = judged.Zip(patches).Select(pair => QwenChat.Encode(
            _tokenizer, [new("user", [ChatPart.Image(pair.Second.Tokens), ChatPart.Of(pair.First.Prompt)])], generate: true)).ToList();
        var answers = judged.Select(one => answered ? [.. _tokenizer.Encode(one.Answer), _end] : Array.Empty<int>()).ToList();
        var length = asked.Zip(answers).Max(pair => pair.First.Length + pair.Second.Length);
        var (ids, mask, weights) = (new long[judged.Count * length], new long[judged.Count * length], new float[judged.Count * length]);
        for (var row = 0; row < judged.Count; row++)
        {
            var last = (row + 1) * length;
            var first = last - asked[row].Length - answers[row].Length;
            ids.AsSpan(row * length, first - (row * length)).Fill(_pad);
            mask.AsSpan(first, last - first).Fill(1);
            for (var i = first; i < last; i++)
                ids[i] = i - first < asked[row].Length ? asked[row][i - first] : answers[row][i - first - asked[row].Length];
            for (var i = last - answers[row].Length; i < last; i++)
                weights[i] = i == last - answers[row].Length ? FirstWord : 1;
        }

        return new(patches, ids, mask, weights, length, [], new([], []));
    }

    private QwenPatches Cut(RgbImage image) => QwenImage.Cut(image, _network.Config.Vision.Patch);

    private sealed record Judged(RgbImage Image, string Prompt, string Answer);
}
