using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>Each quirk of the released Reflect-DiT code is one switch, which moves what is drawn.</summary>
public sealed class QuirkTests
{
    public QuirkTests()
    {
        Libtorch.Load();
        set_num_threads(1);
    }

    public static TheoryData<string> OfTransformer =>
    [
        nameof(ReflectionQuirks.ContextIgnoresMask), nameof(ReflectionQuirks.LastKeyMasked), nameof(ReflectionQuirks.ZeroContext),
        nameof(ReflectionQuirks.RopeRounded), nameof(ReflectionQuirks.RopeInType),
    ];

    /// <summary>In bf16, as the released code computes: in fp32 there is nothing to round to.</summary>
    [Theory]
    [MemberData(nameof(OfTransformer))]
    public void A_switch_of_the_transformer_moves_the_velocity(string quirk)
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, "reflect-transformer-k1")), ScalarType.BFloat16);
        var paper = Velocity(ReflectionQuirks.Paper);
        Assert.Equal(0, Apart(paper, Velocity(ReflectionQuirks.Paper with { })));
        Assert.True(Apart(paper, Velocity(Without(quirk))) > 1e-4, quirk);

        Tensor Velocity(ReflectionQuirks quirks)
        {
            using var network = ReflectTransformer.Load(run.Model("transformer"), ScalarType.BFloat16, CPU, quirks);
            // The first row's context is dropped; the longer of the others pads the shorter.
            using var context = network.Embed(new(
                run.Input("in.context_clip_encoding").expand(2, -1, -1), run.Input("in.context_text_encoding").expand(2, -1, -1),
                run.Stored("in.context_text_encoding_mask").expand(2, -1), [[0], [0, 1]], quirk == nameof(ReflectionQuirks.ZeroContext) ? [true, false] : null));
            return network.Forward(run.Input("in.hidden_states"), run.Input("in.encoder_hidden_states"), run.Input("in.encoder_attention_mask"),
                run.Stored("in.timestep"), [context]);
        }
    }

    [Fact]
    public void Feedback_is_lower_cased_and_images_are_seen_in_8_bits_by_a_switch_each()
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, "reflect-pipeline-k1")), ScalarType.Float32);
        var image = rand([1, 3, 40, 56], generator: new Generator(3, CPU));
        var paper = Encode(ReflectionQuirks.Paper, image);
        var cased = Encode(ReflectionQuirks.Paper with { FeedbackLowerCased = false }, image);
        Assert.False(paper.Feedback.States.shape.SequenceEqual(cased.Feedback.States.shape) && Apart(paper.Feedback.States, cased.Feedback.States) < 1e-3);
        Assert.Equal(0, Apart(paper.Image, cased.Image));

        var exact = Encode(ReflectionQuirks.Paper with { ImageInEightBits = false }, image);
        // The filter is the same, so that nothing but the rounding moves it.
        Assert.InRange(Apart(paper.Image, exact.Image), 1e-7, 0.05);
        var saved = Encode(ReflectionQuirks.Paper, DecodedImage.ToBytes(image).to(float32).permute(0, 3, 1, 2) / 255);
        Assert.Equal(0, Apart(paper.Image, saved.Image));
        Assert.True(ReflectionQuirks.Paper.ImageInEightBits && ReflectionQuirks.Clean.ImageInEightBits);

        EncodedPair Encode(ReflectionQuirks quirks, Tensor decoded)
        {
            var folders = new SanaFolders(run.Model("tokenizer"), run.Model("text_encoder"), run.Model("transformer"), run.Model("vae"),
                run.Model("scheduler"), run.Model("vision_encoder"));
            using var pipeline = SanaPipeline.Load(folders, ScalarType.Float32, ScalarType.Float32, CPU, quirks);
            return new(pipeline.EncodeImage(decoded, imageTokens: 16), pipeline.EncodeFeedback("There are only TWO Apples"));
        }
    }

    private static ReflectionQuirks Without(string quirk) => quirk switch
    {
        nameof(ReflectionQuirks.ContextIgnoresMask) => ReflectionQuirks.Paper with { ContextIgnoresMask = false },
        nameof(ReflectionQuirks.LastKeyMasked) => ReflectionQuirks.Paper with { LastKeyMasked = false },
        nameof(ReflectionQuirks.ZeroContext) => ReflectionQuirks.Paper with { ZeroContext = false },
        nameof(ReflectionQuirks.RopeRounded) => ReflectionQuirks.Paper with { RopeRounded = false },
        _ => ReflectionQuirks.Paper with { RopeInType = false },
    };

    private static float Apart(Tensor a, Tensor b) => ((a - b).to(float32).norm() / a.to(float32).norm()).item<float>();
}
