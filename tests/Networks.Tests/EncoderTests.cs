using ReflectDiT.Eval.Images;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>What no golden case can show of encoders, judge and scorer, on the small networks of the cases.</summary>
public sealed class EncoderTests
{
    public EncoderTests()
    {
        Libtorch.Load();
        set_num_threads(1);
    }

    public static TheoryData<string> Networks => ["gemma2-eager", "siglip-vision", "clip", "qwen25-vl-forward", "mask2former-mmdet-portrait"];

    [Theory]
    [MemberData(nameof(Networks))]
    public void Every_parameter_matters(string folder)
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, folder)), ScalarType.Float32);
        using var network = Open(run, out var parameters, out var forward);
        using var expected = forward();
        var idle = new List<string>();
        foreach (var (name, parameter) in parameters)
        {
            using var inner = NewDisposeScope();
            var before = parameter.clone();
            // A common factor in front of a norm would change nothing.
            parameter.mul_(((arange(parameter.numel()) % 2 == 0).to(float32).view(parameter.shape) * 0.6) + 0.7);
            var moved = ((forward() - expected).norm() / expected.norm()).item<float>();
            parameter.copy_(before);
            // A bias of keys is the same for all of them, which softmax does not see, unless they are turned afterwards.
            if (moved < 1e-6 && !(folder == "siglip-vision" && name.EndsWith("k_proj.bias", StringComparison.Ordinal)))
                idle.Add($"{name}: {moved}");
        }

        Assert.Empty(idle);
    }

    [Fact]
    public void A_text_is_encoded_alike_with_others_and_alone()
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, "gemma2-sdpa")), ScalarType.Float32);
        using var network = Gemma2.Load(run.Model("text_encoder"), ScalarType.Float32, CPU, softCap: false);
        var (ids, mask) = (run.Stored("in.input_ids"), run.Stored("in.attention_mask"));
        var together = network.Forward(ids, mask);
        for (var row = 0L; row < ids.shape[0]; row++)
        {
            var length = mask[row].sum().item<long>();
            var alone = network.Forward(ids.narrow(0, row, 1).narrow(1, 0, length), mask.narrow(0, row, 1).narrow(1, 0, length));
            var apart = ((together[row].narrow(0, 0, length) - alone[0]).norm() / alone.norm()).item<float>();
            Assert.True(apart < 1e-5, $"row {row}: {apart}");
        }
    }

    [Fact]
    public void An_answer_does_not_depend_on_the_others_nor_a_drawn_one_on_anything_but_its_seed()
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, "qwen25-vl-batch")), ScalarType.Float32);
        using var network = QwenVl.Load(run.Model("vlm"), ScalarType.Float32, CPU);
        var images = Enumerable.Range(0, 3).Select(i => QwenImage.Cut(QwenImage.Published.Resize(Image(run.Stored($"in.pixels.{i}"))))).ToList();
        var (ids, mask) = (run.Stored("in.input_ids"), run.Stored("in.attention_mask"));
        var greedy = QwenGeneration.Read(run.Model("vlm"), 8) with { RepetitionPenalty = 1, EndTokens = [] };
        var drawn = greedy with { Seeds = [5, 6], Temperature = 0.7 };
        var (sure, tossed) = (network.Generate(ids, mask, images, greedy), network.Generate(ids, mask, images, drawn));
        for (var row = 0; row < 2; row++)
        {
            var padding = ids.shape[1] - mask[row].sum().item<long>();
            var (own, all) = (ids.narrow(0, row, 1).narrow(1, padding, ids.shape[1] - padding), mask.narrow(0, row, 1).narrow(1, padding, ids.shape[1] - padding));
            var shown = row == 0 ? images[..1] : images[1..];
            Assert.Equal(Tokens(sure[row]), Tokens(network.Generate(own, all, shown, greedy)[0]));
            Assert.Equal(Tokens(tossed[row]), Tokens(network.Generate(own, all, shown, drawn with { Seeds = [drawn.Seeds![row]] })[0]));
        }

        Assert.NotEqual(Tokens(tossed), Tokens(network.Generate(ids, mask, images, drawn with { Seeds = [7, 8] })));
    }

    [Fact]
    public void A_prompt_with_another_number_of_images_or_tokens_is_refused()
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, "qwen25-vl-forward")), ScalarType.Float32);
        using var network = QwenVl.Load(run.Model("vlm"), ScalarType.Float32, CPU);
        var (ids, mask) = (run.Stored("in.input_ids"), run.Stored("in.attention_mask"));
        var image = QwenImage.Cut(QwenImage.Published.Resize(Image(run.Stored("in.pixels"))));
        var smaller = QwenImage.Cut(new RgbImage(56, 56, new byte[3 * 56 * 56]));
        Assert.Contains("places for more images", Assert.Throws<ArgumentException>(() => network.Forward(ids, mask, [])).Message, StringComparison.Ordinal);
        Assert.Contains("places for 1 images, 2 are given", Assert.Throws<ArgumentException>(() => network.Forward(ids, mask, [image, image])).Message, StringComparison.Ordinal);
        Assert.Contains("images", Assert.Throws<ArgumentException>(() => network.Forward(ids, mask, [smaller])).Message, StringComparison.Ordinal);
    }

    private static IDisposable Open(GoldenRun run, out IReadOnlyDictionary<string, Tensor> parameters, out Func<Tensor> forward)
    {
        switch (run.Case.Kind)
        {
            case "gemma2":
                var gemma = Gemma2.Load(run.Model("text_encoder"), ScalarType.Float32, CPU, softCap: true);
                (parameters, forward) = (gemma.Parameters, () => gemma.Forward(run.Stored("in.input_ids"), run.Stored("in.attention_mask")));
                return gemma;
            case "siglip-vision":
                var siglip = SiglipVision.Load(run.Model("vision_encoder"), ScalarType.Float32, CPU);
                (parameters, forward) = (siglip.Parameters, () => siglip.Forward(run.Stored("stage.00.pixel_values")));
                return siglip;
            case "clip":
                var clip = Clip.Load(run.Model("open_clip"), ClipPrecision.Single, CPU);
                (parameters, forward) = (clip.Parameters, () => clip.LogitScale.exp() * Clip.Direction(clip.EncodeImages(run.Stored("stage.00.pixel_values")))
                    .matmul(Clip.Direction(clip.EncodeTexts(run.Stored("in.tokens").narrow(0, 0, 4))).t()));
                return clip;
            case "qwen25-vl":
                var qwen = QwenVl.Load(run.Model("vlm"), ScalarType.Float32, CPU);
                var patches = QwenImage.Cut(QwenImage.Published.Resize(Image(run.Stored("in.pixels"))));
                (parameters, forward) = (qwen.Parameters, () => qwen.Forward(run.Stored("in.input_ids"), run.Stored("in.attention_mask"), [patches]));
                return qwen;
            default:
                var detector = Mask2Former.Load(run.Model("detector"), Kinds.Mask2FormerKind.Config(run.Arguments), ScalarType.Float32, CPU);
                var pixels = rand([1, 3, 64, 32], generator: new Generator(1, CPU));
                (parameters, forward) = (detector.Parameters, () =>
                {
                    var (classes, masks) = detector.Forward(pixels);
                    return cat([classes.flatten(), masks.flatten()], 0);
                }
                );
                return detector;
        }
    }

    private static long[] Tokens(Tensor tokens) => tokens.contiguous().data<long>().ToArray();

    private static RgbImage Image(Tensor stored) => new((int)stored.shape[1], (int)stored.shape[0], stored.data<byte>().ToArray());
}
