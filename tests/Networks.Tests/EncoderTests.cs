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

    private static long[] Tokens(Tensor tokens) => tokens.contiguous().data<long>().ToArray();

    private static RgbImage Image(Tensor stored) => new((int)stored.shape[1], (int)stored.shape[0], stored.data<byte>().ToArray());
}
