using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Networks;
using ReflectDiT.Eval.Models.Tests.Simulated;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Networks.Tokenizers;
using ReflectDiT.Eval.Testing;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Models.Tests.Networks;

/// <summary>A folder of tiny networks that goes when the test ends.</summary>
public abstract class TinyFolder<TRequest, TAnswer> : ModelCompliance<TRequest, TAnswer>, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tiny").FullName;

    protected TinyFolder()
    {
        Libtorch.Load();
        set_num_threads(1);
    }

    protected string At(string name) => Path.Combine(_root, name);

    protected static JsonElement Json<T>(T parameters) => JsonSerializer.SerializeToElement(parameters, SettingsJson.Form);

    protected static byte[] Image(int width, int height, int shade) => PngWriter.Encode(new RgbImage(
        width, height, [.. Enumerable.Range(0, width * height).SelectMany(i => new[]
        {
            (byte)(i % width * 7 + shade), (byte)(i / width * 5 + (3 * shade)), (byte)((i % width * (i / width) / 9) + (5 * shade)),
        })]));

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true); // links, not what they lead to
        GC.SuppressFinalize(this);
    }
}

public sealed class QwenJudgeTests : TinyFolder<JudgeRequest, Judgement>
{
    private static readonly QwenJudgeParameters Parameters = new("tiny", Dtype: "fp32", MaxTokens: 6);

    public QwenJudgeTests() => TinyNetworks.Judge(At("judge"));

    protected override ModelConfiguration Configuration { get; } = new(ModelConfiguration.Qwen, Json(Parameters)) { Batch = 3 };

    [Fact]
    public void What_it_takes_is_known_before_it_is_loaded_and_is_half_in_half_the_bits()
    {
        var kinds = new ModelKinds();
        var single = kinds.Memory(Configuration, new() { Path = At("judge") });
        Assert.InRange(single, new FileInfo(At("judge/model.safetensors")).Length, 8L << 30);
        Assert.Equal(single, 2 * kinds.Memory(Configuration with { Parameters = Json(Parameters with { Dtype = "bf16" }) }, new() { Path = At("judge") }));
        Assert.Throws<NotSupportedException>(() => kinds.Memory(Configuration, new()));
    }

    /// <summary>Of one and of other lengths, and of one and of other grids.</summary>
    protected override IReadOnlyList<JudgeRequest> Requests { get; } =
    [
        new("a cat", Image(64, 64, 0), 1), new("a dog", Image(64, 64, 40), 1), new("two dogs and a clock above a bench", Image(64, 64, 80), 1),
        new("a cat", Image(60, 90, 3), 1),
    ];

    protected override JudgeRequest Unanswerable { get; } = new("a cat", new byte[] { 1, 2, 3 }, 1);

    protected override IModel<JudgeRequest, Judgement> Load(IModelKinds kinds, ModelConfiguration model) => kinds.Judge(model, new() { Path = At("judge") });

    protected override HostedModel<JudgeRequest, Judgement> Host(ModelHost host, ModelConfiguration model, Placement placement) =>
        host.Judge(model, placement with { Path = At("judge"), Device = placement.Device is null ? null : Placement.Processor });

    protected override string Said(Judgement answer) => $"{answer.Verdict} {answer.Text} {answer.Tokens} {answer.Logits}";

    [Fact]
    public async Task It_says_what_the_network_says_to_one_prompt_without_padding_and_scores_by_its_raw_logits()
    {
        using var judge = Load(new ModelKinds(), Configuration);
        using var network = QwenVl.Load(At("judge"), ScalarType.Float32, CPU);
        var tokenizer = Tokenizer.Open(At("judge"));
        foreach (var request in Requests)
        {
            var judgement = await judge.OneAsync(request);
            var patches = QwenImage.Cut(QwenImage.Published.Resize(ImageReader.DecodeOnWhite(request.Image)));
            var (ids, mask) = Prompt(Parameters.Template);
            var tokens = network.Generate(ids, mask, [patches], QwenGeneration.Read(At("judge"), 6));
            Assert.Equal(
                tokenizer.Decode(tokens.data<long>().ToArray().TakeWhile(t => t is not (287 or 285)).Select(t => (int)t), skipSpecial: true),
                judgement.Text);

            (ids, mask) = Prompt(Parameters.ScoreQuestion);
            var logits = network.Forward(ids, mask, [patches])[0, -1];
            var (yes, no) = (logits[tokenizer.Encode("yes")[0]].item<float>(), logits[tokenizer.Encode("no")[0]].item<float>());
            Assert.Equal(yes, judgement.Logits!.Yes, 1e-4);
            Assert.Equal(no, judgement.Logits.No, 1e-4);
            Assert.Equal(Math.Exp(yes) / (Math.Exp(yes) + Math.Exp(no)), judgement.Verdict.Score!.Value, 1e-4);
            Assert.Equal(1, judgement.Verdict.Score.Value + judgement.Verdict.NoScore!.Value, 1e-12);

            (Tensor Ids, Tensor Mask) Prompt(string text)
            {
                int[] prompt = QwenChat.Encode(
                    tokenizer, [new("user", [ChatPart.Image(patches.Tokens), ChatPart.Of(text.Replace("{prompt}", request.Prompt, StringComparison.Ordinal))])], generate: true);
                return (tensor(prompt.Select(id => (long)id).ToArray()).unsqueeze(0), ones([1, prompt.Length], int64));
            }
        }
    }

    [Fact]
    public async Task Without_a_second_question_the_score_is_the_chance_of_a_first_word_that_accepts()
    {
        using var asked = Load(new ModelKinds(), Configuration);
        using var judge = Load(new ModelKinds(), Configuration with { Parameters = Json(Parameters with { ScoreQuestion = "none", Accepts = "yes" }) });
        using var network = QwenVl.Load(At("judge"), ScalarType.Float32, CPU);
        var tokenizer = Tokenizer.Open(At("judge"));
        foreach (var request in Requests)
        {
            var judgement = await judge.OneAsync(request);
            var patches = QwenImage.Cut(QwenImage.Published.Resize(ImageReader.DecodeOnWhite(request.Image)));
            int[] prompt = QwenChat.Encode(
                tokenizer, [new("user", [ChatPart.Image(patches.Tokens), ChatPart.Of(Parameters.Template.Replace("{prompt}", request.Prompt, StringComparison.Ordinal))])],
                generate: true);
            var logits = network.Forward(
                tensor(prompt.Select(id => (long)id).ToArray()).unsqueeze(0), ones([1, prompt.Length], int64), [patches])[0, -1];
            Assert.Equal(nn.functional.softmax(logits, 0)[tokenizer.Encode("yes")[0]].item<float>(), judgement.Verdict.Score!.Value, 1e-5);
            Assert.Equal(logits[tokenizer.Encode("yes")[0]].item<float>(), judgement.Logits!.Yes, 1e-4);
            Assert.Equal(judgement.Text.Contains("yes", StringComparison.Ordinal), judgement.Verdict.Accepted);
            var both = await asked.OneAsync(request);
            Assert.Equal(both.Text, judgement.Text);
            Assert.True(judgement.Tokens < both.Tokens);
        }
    }

    [Fact]
    public async Task A_seed_counts_only_where_tokens_are_drawn()
    {
        using var greedy = Load(new ModelKinds(), Configuration);
        using var drawn = Load(new ModelKinds(), Configuration with { Parameters = Json(Parameters with { Temperature = 2 }) });
        Assert.Equal((false, true), (greedy.UsesSeed, drawn.UsesSeed));
        var request = Requests[0];
        Assert.Equal(Said(await greedy.OneAsync(request)), Said(await greedy.OneAsync(request with { Seed = 2 })));
        Assert.Equal(Said(await drawn.OneAsync(request)), Said(await drawn.OneAsync(request)));
        Assert.NotEqual((await drawn.OneAsync(request)).Text, (await drawn.OneAsync(request with { Seed = 2 })).Text);
    }

    [Fact]
    public void Settings_of_the_network_are_part_of_the_digest()
    {
        using var before = Load(new ModelKinds(), Configuration);
        var file = At("judge/generation_config.json");
        var text = File.ReadAllText(file).Replace("1.05", "1.06", StringComparison.Ordinal);
        File.Delete(file); // a link
        File.WriteAllText(file, text);
        using var after = Load(new ModelKinds(), Configuration);
        Assert.NotEqual(before.Digest, after.Digest);
    }

    [Fact]
    public void A_folder_without_its_tokenizer_and_a_template_without_the_prompt_are_refused()
    {
        var blind = Assert.Throws<NotSupportedException>(() => Load(new ModelKinds(), Configuration with { Parameters = Json(Parameters with { Template = "Is it good?" }) }));
        Assert.StartsWith("its template does not hold {prompt}", blind.Message, StringComparison.Ordinal);
        File.Delete(At("judge/tokenizer.json"));
        Assert.EndsWith("holds no tokenizer.json", Assert.Throws<CheckpointException>(() => Load(new ModelKinds(), Configuration)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Our_own_wording_is_not_called_the_published_one() => Assert.False(Parameters.AsksAsPublished());

    [Fact]
    public void Logits_that_are_far_apart_still_make_a_score() =>
        Assert.Equal((0, 1, 0.5), (new YesNoLogits(-2000, 2000).Score, new YesNoLogits(2000, -2000).Score, new YesNoLogits(7, 7).Score));
}

public sealed class QwenAnswererTests : TinyFolder<AnswerRequest, Answer>
{
    public QwenAnswererTests() => TinyNetworks.Judge(At("answerer"));

    protected override ModelConfiguration Configuration { get; } =
        new(ModelConfiguration.Qwen, Json(new QwenAnswererParameters("tiny", Dtype: "fp32", MaxTokens: 3))) { Batch = 2 };

    protected override IReadOnlyList<AnswerRequest> Requests { get; } =
    [
        new("Is there a cat?", Image(64, 64, 0)), new("Is the dog red?", Image(64, 64, 0)), new("Is the clock above the bench?", Image(64, 64, 40)),
        new("Is there a cat?", Image(60, 90, 3)),
    ];

    protected override AnswerRequest Unanswerable { get; } = new("Is there a cat?", new byte[] { 1, 2, 3 });

    protected override IModel<AnswerRequest, Answer> Load(IModelKinds kinds, ModelConfiguration model) => kinds.Answerer(model, new() { Path = At("answerer") });

    protected override HostedModel<AnswerRequest, Answer> Host(ModelHost host, ModelConfiguration model, Placement placement) =>
        host.Answerer(model, placement with { Path = At("answerer"), Device = placement.Device is null ? null : Placement.Processor });

    protected override string Said(Answer answer) => $"{answer.Text} {answer.Probability} {answer.Tokens}";

    [Fact]
    public async Task The_probability_is_that_of_its_tokens_one_after_the_other()
    {
        using var answerer = Load(new ModelKinds(), Configuration);
        using var network = QwenVl.Load(At("answerer"), ScalarType.Float32, CPU);
        var tokenizer = Tokenizer.Open(At("answerer"));
        var request = Requests[0];
        var patches = QwenImage.Cut(QwenImage.Published.Resize(ImageReader.DecodeOnWhite(request.Image)));
        int[] prompt = QwenChat.Encode(
            tokenizer, [new("user", [ChatPart.Image(patches.Tokens), ChatPart.Of($"{request.Question} Answer with one word.")])], generate: true);
        var ids = tensor(prompt.Select(id => (long)id).ToArray()).unsqueeze(0);
        var tokens = network.Generate(ids, ones_like(ids), [patches], QwenGeneration.Read(At("answerer"), 3)).data<long>().ToArray();
        var said = tokens.TakeWhile(t => t is not (287 or 285)).ToArray();
        var all = cat([ids, tensor(tokens).unsqueeze(0)], 1);
        var chances = nn.functional.softmax(network.Forward(all, ones_like(all), [patches])[0], -1);
        var expected = said.Select((token, i) => (double)chances[prompt.Length - 1 + i, token].item<float>()).Aggregate(1.0, (a, b) => a * b);

        var answer = await answerer.OneAsync(request);

        Assert.Equal(expected, answer.Probability!.Value, 1e-5);
        Assert.Equal(prompt.Length + tokens.Length, answer.Tokens);
    }
}
