using ReflectDiT.Eval.Networks.Checkpoints;
using TorchSharp;
using static ReflectDiT.Eval.Networks.LayersOfWeights;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>What transformer/config.json says of a SANA transformer.</summary>
/// <param name="QkNorm">Whether queries and keys are normalised over all heads, as in SANA 1.5.</param>
/// <param name="TimestepScale">What a timestep is multiplied with before it is fed in.</param>
/// <param name="InterpolationScale">Of the positional embedding; null where there is none, as in all published weights up to 2048 pixels.</param>
public sealed record SanaConfig(
    int InChannels, int OutChannels, int Heads, int HeadDim, int Layers, int CrossHeads, int CrossHeadDim, int CaptionChannels,
    double MlpRatio, double NormEps, int SampleSize, bool QkNorm, double TimestepScale, double? InterpolationScale = null)
{
    public int Width => Heads * HeadDim;

    public int CrossWidth => CrossHeads * CrossHeadDim;

    /// <exception cref="CheckpointException">It is none of the published kinds; the value is named.</exception>
    public static SanaConfig Read(ModelConfig json)
    {
        json.OneOf("patch_size", "1");
        json.OneOf("dropout", "0");
        json.OneOf("attention_bias", "false");
        json.OneOf("norm_elementwise_affine", "false");
        json.OneOf("guidance_embeds", "false");
        var config = new SanaConfig(
            json.Integer("in_channels"), json.Integer("out_channels"), json.Integer("num_attention_heads"),
            json.Integer("attention_head_dim"), json.Integer("num_layers"), json.Integer("num_cross_attention_heads"),
            json.Integer("cross_attention_head_dim"), json.Integer("caption_channels"), json.Number("mlp_ratio"),
            json.Number("norm_eps"), json.Integer("sample_size"),
            json.OneOf("qk_norm", "null", "\"rms_norm_across_heads\"") != "null", json.Number("timestep_scale", 1),
            json.Has("interpolation_scale") ? json.Number("interpolation_scale") : null);
        json.OneOf("cross_attention_dim", $"{config.Width}");
        return config;
    }
}

/// <summary>
/// The diffusion transformer of SANA (arXiv 2410.10629; 1.5: 2501.18427) as diffusers computes it: linear attention without
/// positions, cross-attention to the prompt, and a feed-forward of convolutions, which is what knows of places where the
/// config asks for no positional embedding.
/// B: batch, N: height × width of the latent, D: width, L: tokens of the prompt.
/// </summary>
public sealed class SanaTransformer : IDisposable
{
    private readonly Weights _weights;
    private readonly Conv2d _patchEmbed;
    private readonly GridPositions? _positions;
    private readonly TimeEmbedding _timeEmbed;
    private readonly TextProjection _captionProjection;
    private readonly RmsNorm _captionNorm;
    private readonly SanaBlock[] _blocks;
    private readonly SanaHead _head;

    /// <summary>Takes its parameters from the weights, which it owns from then on.</summary>
    public SanaTransformer(SanaConfig config, Weights w)
    {
        (Config, _weights) = (config, w);
        _patchEmbed = w.Conv2d("patch_embed.proj", config.InChannels, config.Width, kernel: 1);
        _positions = config.InterpolationScale is { } scale ? new(config.Width, config.SampleSize, scale) : null;
        _timeEmbed = new(w.In("time_embed"), config.Width);
        _captionProjection = new(w.In("caption_projection"), config.CaptionChannels, config.Width);
        _captionNorm = w.RmsNorm("caption_norm", config.Width, eps: 1e-5);
        _blocks = [.. Enumerable.Range(0, config.Layers).Select(i => new SanaBlock(w.In($"transformer_blocks.{i}"), config))];
        _head = new(w, config);
    }

    public SanaConfig Config { get; }

    /// <summary>By their names in the checkpoint; whoever trains lets them require gradients.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _weights.Tensors;

    /// <exception cref="CheckpointException">The folder's checkpoint is not sound, or not of its config.json.</exception>
    public static SanaTransformer Load(string folder, ScalarType type, Device device, string? variant = null)
    {
        var json = ModelConfig.Read(Path.Combine(folder, "config.json"));
        var config = SanaConfig.Read(json);
        json.RefuseOthers("guidance_embeds_scale");
        using var checkpoint = Checkpoint.Open(folder, variant);
        var network = new SanaTransformer(config, Weights.Of(checkpoint, type, device));
        network._weights.Complete();
        return network;
    }

    /// <summary>The flow's velocity at a latent.</summary>
    /// <param name="latent">[B, in channels, height, width]</param>
    /// <param name="prompt">The text encoder's last hidden state, [B, L, caption channels].</param>
    /// <param name="promptMask">1 for a token, 0 for padding, [B, L].</param>
    /// <param name="timestep">fp32, as the scheduler counts, from 0 to 1000, [B].</param>
    /// <returns>[B, out channels, height, width]</returns>
    public Tensor Forward(Tensor latent, Tensor prompt, Tensor promptMask, Tensor timestep, Watch? watch = null)
    {
        using var scope = NewDisposeScope();
        var time = EmbedTime(timestep, latent.dtype, watch);
        // A soft mask: where all is padding, attention still has somewhere to go.
        var bias = ((1 - promptMask.to(latent.dtype)) * -10000.0).unsqueeze(1).unsqueeze(1); // [B, 1, 1, L]
        return Denoise(latent, EmbedPrompt(prompt, watch), bias, time, watch).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _positions?.Dispose();
        _weights.Dispose();
    }

    internal TimeEmbedded EmbedTime(Tensor timestep, ScalarType type, Watch? watch) => _timeEmbed.Forward(timestep, type, watch);

    /// <returns>[B, L, D]</returns>
    internal Tensor EmbedPrompt(Tensor prompt, Watch? watch)
    {
        var text = _captionProjection.Forward(prompt);
        watch?.Invoke("caption_projection", text);
        text = _captionNorm.Forward(text);
        watch?.Invoke("caption_norm", text);
        return text;
    }

    /// <param name="text">What the cross-attention sees, [B, keys, D].</param>
    /// <param name="mask">See <see cref="SanaBlock.Forward"/>.</param>
    internal Tensor Denoise(Tensor latent, Tensor text, Tensor mask, TimeEmbedded time, Watch? watch)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (latent.shape[2], latent.shape[3]);
        var x = _patchEmbed.Forward(latent).flatten(2).transpose(1, 2); // [B, N, D]
        if (_positions is not null)
            x = (x + _positions.Of(height, width, x.device)).to(x.dtype);
        watch?.Invoke("patch_embed", x);
        for (var i = 0; i < _blocks.Length; i++)
        {
            var before = x;
            x = _blocks[i].Forward(x, text, mask, time.Modulation, height, width, watch, i);
            before.Dispose();
        }

        return _head.Forward(x, time.Embedded, height, width, watch).MoveToOuterDisposeScope();
    }
}

/// <param name="Embedded">[B, D]</param>
/// <param name="Modulation">[B, 6 D]</param>
internal sealed record TimeEmbedded(Tensor Embedded, Tensor Modulation);

/// <summary>The sinusoid of a timestep through a perceptron, and from it what modulates every block (AdaLN-single of PixArt).</summary>
internal sealed class TimeEmbedding(Weights w, int width)
{
    private const int Frequencies = 128;

    private readonly Linear _linear1 = w.Linear("emb.timestep_embedder.linear_1", 2 * Frequencies, width);
    private readonly Linear _linear2 = w.Linear("emb.timestep_embedder.linear_2", width, width);
    private readonly Linear _linear = w.Linear("linear", width, 6 * width);

    /// <param name="timestep">[B]</param>
    public TimeEmbedded Forward(Tensor timestep, ScalarType type, Watch? watch)
    {
        var exponent = arange(Frequencies, dtype: float32, device: timestep.device) * -Math.Log(10000) / Frequencies;
        var angle = timestep.to(float32).unsqueeze(1) * exponent.exp().unsqueeze(0); // [B, 128]
        var sinusoid = cat([angle.cos(), angle.sin()], dim: -1); // [B, 256]
        watch?.Invoke("time_embed.sinusoid", sinusoid);
        var embedded = _linear2.Forward(functional.silu(_linear1.Forward(sinusoid.to(type))));
        watch?.Invoke("time_embed.embedded_timestep", embedded);
        var modulation = _linear.Forward(functional.silu(embedded));
        watch?.Invoke("time_embed.timestep", modulation);
        return new(embedded, modulation);
    }
}

/// <summary>A perceptron from an encoder's width to the transformer's.</summary>
internal sealed class TextProjection(Weights w, int inputs, int width)
{
    private readonly Linear _linear1 = w.Linear("linear_1", inputs, width);
    private readonly Linear _linear2 = w.Linear("linear_2", width, width);

    public Tensor Forward(Tensor x) => _linear2.Forward(_linear1.Forward(x).GeluTanh());
}

/// <summary>Modulated linear attention, cross-attention on the stream as it is, modulated GLUMBConv.</summary>
internal sealed class SanaBlock(Weights w, SanaConfig config)
{
    private readonly Tensor _scaleShiftTable = w.Get("scale_shift_table", 6, config.Width);
    private readonly LayerNorm _norm = new(null, null, config.Width, config.NormEps);
    private readonly LinearAttention _attn1 = new(w.In("attn1"), config);
    private readonly CrossAttention _attn2 = new(w.In("attn2"), config);
    private readonly GluMbConv _ff = new(w.In("ff"), config.Width, (int)(config.MlpRatio * config.Width), norm: false);

    /// <param name="text">Keys of the cross-attention, [B, L, D].</param>
    /// <param name="mask">Added to its scores, or true for keys that count, [B, 1, 1, L].</param>
    /// <param name="modulation">[B, 6 D]</param>
    public Tensor Forward(Tensor x, Tensor text, Tensor mask, Tensor modulation, long height, long width, Watch? watch, int index)
    {
        using var scope = NewDisposeScope();
        var six = (_scaleShiftTable.unsqueeze(0) + modulation.reshape(x.shape[0], 6, -1)).chunk(6, dim: 1); // each [B, 1, D]
        x = Brief(() => x + (six[2] * _attn1.Forward((_norm.Forward(x) * (1 + six[1])) + six[0])));
        watch?.Invoke($"b{index:00}.after_self_attention", x);
        x = Brief(() => _attn2.Forward(x, text, mask) + x);
        watch?.Invoke($"b{index:00}.after_cross_attention", x);
        x = Brief(() =>
        {
            var map = ((_norm.Forward(x) * (1 + six[4])) + six[3]).unflatten(1, height, width).permute(0, 3, 1, 2); // [B, D, height, width]
            return x + (six[5] * _ff.Forward(map).flatten(2, 3).permute(0, 2, 1));
        });
        watch?.Invoke($"b{index:00}.after_feed_forward", x);
        return x.MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Attention with ReLU in place of the softmax, in fp32: the keys and values are summed up once, N times cheaper. A row of
/// ones among the values sums up the weights, which is the denominator.
/// </summary>
internal sealed class LinearAttention(Weights w, SanaConfig config)
{
    private readonly Linear _toQ = w.Linear("to_q", config.Width, config.Width, bias: false);
    private readonly Linear _toK = w.Linear("to_k", config.Width, config.Width, bias: false);
    private readonly Linear _toV = w.Linear("to_v", config.Width, config.Width, bias: false);
    private readonly Linear _toOut = w.Linear("to_out.0", config.Width, config.Width);
    private readonly RmsNorm? _normQ = config.QkNorm ? w.RmsNorm("norm_q", config.Width, eps: 1e-5) : null;
    private readonly RmsNorm? _normK = config.QkNorm ? w.RmsNorm("norm_k", config.Width, eps: 1e-5) : null;

    public Tensor Forward(Tensor x)
    {
        var q = Brief(() => functional.relu(Heads(Normed(_normQ, _toQ.Forward(x))))); // [B, heads, head dim, N]
        var k = Brief(() => functional.relu(Heads(Normed(_normK, _toK.Forward(x))))).transpose(2, 3); // [B, heads, N, head dim]
        var values = Brief(() => functional.pad(Heads(_toV.Forward(x)).to(float32), [0, 0, 0, 1], PaddingModes.Constant, 1)); // [B, heads, head dim + 1, N]
        var sums = values.matmul(k.to(float32)).matmul(q.to(float32)); // [B, heads, head dim + 1, N]
        var attended = sums.narrow(2, 0, config.HeadDim) / (sums.narrow(2, config.HeadDim, 1) + 1e-15);
        var result = _toOut.Forward(attended.flatten(1, 2).transpose(1, 2).to(x.dtype));
        return x.dtype == ScalarType.Float16 ? result.clamp(-65504, 65504) : result;
    }

    private static Tensor Normed(RmsNorm? norm, Tensor x) => norm is null ? x : x.Then(norm.Forward);

    private Tensor Heads(Tensor x) => x.transpose(1, 2).unflatten(1, config.Heads, config.HeadDim);
}

/// <summary>Softmax attention to the prompt's tokens.</summary>
internal sealed class CrossAttention(Weights w, SanaConfig config)
{
    private readonly Linear _toQ = w.Linear("to_q", config.Width, config.CrossWidth);
    private readonly Linear _toK = w.Linear("to_k", config.Width, config.CrossWidth);
    private readonly Linear _toV = w.Linear("to_v", config.Width, config.CrossWidth);
    private readonly Linear _toOut = w.Linear("to_out.0", config.CrossWidth, config.Width);
    private readonly RmsNorm? _normQ = config.QkNorm ? w.RmsNorm("norm_q", config.CrossWidth, eps: 1e-5) : null;
    private readonly RmsNorm? _normK = config.QkNorm ? w.RmsNorm("norm_k", config.CrossWidth, eps: 1e-5) : null;

    public Tensor Forward(Tensor x, Tensor text, Tensor mask)
    {
        var (q, k, v) = (_toQ.Forward(x), _toK.Forward(text), _toV.Forward(text)); // [B, N or L, heads × head dim]
        (q, k) = (_normQ?.Forward(q) ?? q, _normK?.Forward(k) ?? k);
        var attended = functional.scaled_dot_product_attention(Heads(q), Heads(k), Heads(v), mask); // [B, heads, N, head dim]
        return _toOut.Forward(attended.transpose(1, 2).flatten(2, 3));
    }

    private Tensor Heads(Tensor x) => x.unflatten(2, config.CrossHeads, config.CrossHeadDim).transpose(1, 2);
}

/// <summary>A gated feed-forward of convolutions: widen, look at the neighbours, gate, narrow.</summary>
internal sealed class GluMbConv(Weights w, int width, int hidden, bool norm)
{
    private readonly Conv2d _convInverted = w.Conv2d("conv_inverted", width, 2 * hidden, kernel: 1);
    private readonly Conv2d _convDepth = w.Conv2d("conv_depth", 2 * hidden, 2 * hidden, kernel: 3, groups: 2 * hidden);
    private readonly Conv2d _convPoint = w.Conv2d("conv_point", hidden, width, kernel: 1, bias: false);
    private readonly RmsNorm? _norm = norm ? w.RmsNorm("norm", width, eps: 1e-5, bias: true) : null;

    /// <param name="x">[B, D, height, width]</param>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var wide = _convInverted.Forward(x).Then(inverted => functional.silu(inverted)).Then(_convDepth.Forward);
        var two = wide.chunk(2, dim: 1); // each [B, hidden, height, width]
        var narrow = functional.silu(two[1]).Then(gate => two[0] * gate).Then(_convPoint.Forward);
        return (_norm?.ForwardChannels(narrow) ?? narrow).MoveToOuterDisposeScope();
    }
}

/// <summary>The last modulation, by a table and the embedded timestep, and the way back to a latent.</summary>
internal sealed class SanaHead(Weights w, SanaConfig config)
{
    private readonly Tensor _scaleShiftTable = w.Get("scale_shift_table", 2, config.Width);
    private readonly LayerNorm _norm = new(null, null, config.Width, 1e-6);
    private readonly Linear _projOut = w.Linear("proj_out", config.Width, config.OutChannels);

    /// <param name="embedded">[B, D]</param>
    public Tensor Forward(Tensor x, Tensor embedded, long height, long width, Watch? watch)
    {
        var two = (_scaleShiftTable.unsqueeze(0) + embedded.unsqueeze(1)).chunk(2, dim: 1); // each [B, 1, D]
        x = (_norm.Forward(x) * (1 + two[1])) + two[0];
        watch?.Invoke("norm_out", x);
        return _projOut.Forward(x).transpose(1, 2).unflatten(2, height, width); // [B, out channels, height, width]
    }
}
