using ReflectDiT.Eval.Images;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>A weight that is loaded under a wrong name, or left out, would go unnoticed if it did not matter.</summary>
public sealed class ParameterTests
{
    /// <summary>Biases of keys, which are the same for all of them: softmax does not see it, unless they are normalised or turned first.</summary>
    private static readonly Dictionary<string, string> Unseen = new(StringComparer.Ordinal)
    {
        ["sana-transformer-1.0"] = "attn2.to_k.bias",
        ["reflect-transformer-k2"] = "attn2.to_k.bias",
        ["siglip-vision"] = "k_proj.bias",
    };

    public ParameterTests()
    {
        Libtorch.Load();
        set_num_threads(1);
    }

    public static TheoryData<string> Networks =>
    [
        "sana-transformer-1.0", "sana-transformer-1.5", "reflect-transformer-k2", "dc-ae-linear", "gemma2-eager", "siglip-vision", "clip",
        "qwen25-vl-forward", "mask2former-mmdet-portrait",
    ];

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
            var pattern = (arange(parameter.numel()) % 2 == 0).to(float32).view(parameter.shape);
            parameter.mul_((pattern * 0.6) + 0.7);
            var moved = ((forward() - expected).norm() / expected.norm()).item<float>();
            parameter.copy_(before);
            if (moved < 1e-6 && !(Unseen.TryGetValue(folder, out var bias) && name.EndsWith(bias, StringComparison.Ordinal)))
                idle.Add($"{name}: {moved}");
        }

        Assert.Empty(idle);
        Assert.Equal(0, (forward() - expected).norm().item<float>());
    }

    private static IDisposable Open(GoldenRun run, out IReadOnlyDictionary<string, Tensor> parameters, out Func<Tensor> forward)
    {
        switch (run.Case.Kind)
        {
            case "sana-transformer":
                var sana = SanaTransformer.Load(run.Model("transformer"), ScalarType.Float32, CPU);
                (parameters, forward) = (sana.Parameters, () => sana.Forward(run.Input("in.hidden_states"), run.Input("in.encoder_hidden_states"),
                    run.Input("in.encoder_attention_mask"), run.Stored("in.timestep")));
                return sana;
            case "reflect-transformer":
                var reflect = ReflectTransformer.Load(run.Model("transformer"), ScalarType.Float32, CPU, ReflectionQuirks.Paper);
                (parameters, forward) = (reflect.Parameters, () => reflect.Forward(run.Input("in.hidden_states"), run.Input("in.encoder_hidden_states"),
                    run.Input("in.encoder_attention_mask"), run.Stored("in.timestep"), [reflect.Embed(new(run.Input("in.context_clip_encoding"),
                        run.Input("in.context_text_encoding"), run.Input("in.context_text_encoding_mask"), [[0, 1], [0, 1]], [true, false]))]));
                return reflect;
            case "dc-ae":
                var autoencoder = DcAutoencoder.Load(run.Model("vae"), ScalarType.Float32, CPU);
                (parameters, forward) = (autoencoder.Parameters, () =>
                    cat([autoencoder.Encode(run.Input("in.image")).flatten(), autoencoder.Decode(run.Input("in.latent")).flatten()]));
                return autoencoder;
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
                var pixels = run.Stored("in.pixels");
                var image = new RgbImage((int)pixels.shape[1], (int)pixels.shape[0], pixels.data<byte>().ToArray());
                var patches = QwenImage.Cut(QwenImage.Published.Resize(image));
                (parameters, forward) = (qwen.Parameters, () => qwen.Forward(run.Stored("in.input_ids"), run.Stored("in.attention_mask"), [patches]));
                return qwen;
            default:
                var detector = Mask2Former.Load(run.Model("detector"), Kinds.Mask2FormerKind.Config(run.Arguments), ScalarType.Float32, CPU);
                var noise = rand([1, 3, 64, 32], generator: new Generator(1, CPU));
                (parameters, forward) = (detector.Parameters, () =>
                {
                    var (classes, masks) = detector.Forward(noise);
                    return cat([classes.flatten(), masks.flatten()], 0);
                }
                );
                return detector;
        }
    }
}
