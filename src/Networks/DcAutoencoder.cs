using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Networks.Checkpoints;
using TorchSharp;
using static ReflectDiT.Eval.Networks.LayersOfWeights;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>One side of the autoencoder, from the image inwards.</summary>
/// <param name="Transformer">Of each stage, whether its blocks are EfficientViT's and not residual convolutions.</param>
/// <param name="Kernels">Of each stage, the kernel sizes of its attention's further scales.</param>
public sealed record DcSide(
    IReadOnlyList<int> Channels, IReadOnlyList<int> Layers, IReadOnlyList<bool> Transformer, IReadOnlyList<IReadOnlyList<int>> Kernels);

/// <summary>What vae/config.json says.</summary>
/// <param name="ScalingFactor">A latent of the diffusion is the encoder's times this.</param>
public sealed record DcConfig(int ImageChannels, int LatentChannels, int HeadDim, DcSide Encoder, DcSide Decoder, double ScalingFactor)
{
    /// <summary>How many pixels of the image a pixel of the latent stands for, on each side.</summary>
    public int Factor => 1 << (Encoder.Channels.Count - 1);

    /// <exception cref="CheckpointException">It is none of the published kinds; the value is named.</exception>
    public static DcConfig Read(ModelConfig json)
    {
        json.OneOf("downsample_block_type", "\"Conv\"");
        json.OneOf("upsample_block_type", "\"interpolate\"");
        json.OneOf("encoder_out_shortcut", "true");
        json.OneOf("decoder_in_shortcut", "true");
        json.OneOf("decoder_conv_act_fn", "\"relu\"");
        json.AllOf("decoder_norm_types", "rms_norm");
        json.AllOf("decoder_act_fns", "silu");
        return new(
            json.Integer("in_channels"), json.Integer("latent_channels"), json.Integer("attention_head_dim"),
            Side(json, "encoder"), Side(json, "decoder"), json.Number("scaling_factor"));
    }

    private static DcSide Side(ModelConfig json, string side) => new(
        json.Integers($"{side}_block_out_channels"),
        json.List($"{side}_layers_per_block", (item, where) => item.Integer(where) is > 0 and var layers
            ? layers
            : throw JsonReading.Fault(where, "1 layer or more", item)),
        json.List($"{side}_block_types", (item, where) => item.Text(where) switch
        {
            "ResBlock" => false,
            "EfficientViTBlock" => true,
            _ => throw JsonReading.Fault(where, "ResBlock or EfficientViTBlock", item),
        }),
        json.List($"{side}_qkv_multiscales", (item, where) =>
        {
            item.Items(where);
            return (IReadOnlyList<int>)[.. item.EnumerateArray().Select(kernel => kernel.Integer(where))];
        }));
}

/// <summary>
/// The deep compression autoencoder (DC-AE, arXiv 2410.10733) as diffusers' AutoencoderDC computes it without tiling: 32
/// times smaller on each side, with shortcuts around every change of size. Tensors are [batch, channels, height, width].
/// </summary>
public sealed class DcAutoencoder : IDisposable
{
    private readonly Weights _weights;
    private readonly DcEncoder _encoder;
    private readonly DcDecoder _decoder;

    /// <summary>Takes its parameters from the weights, which it owns from then on.</summary>
    public DcAutoencoder(DcConfig config, Weights w)
    {
        (Config, _weights) = (config, w);
        _encoder = new(w.In("encoder"), config);
        _decoder = new(w.In("decoder"), config);
    }

    public DcConfig Config { get; }

    /// <summary>By their names in the checkpoint.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _weights.Tensors;

    /// <exception cref="CheckpointException">The folder's checkpoint is not sound, or not of its config.json.</exception>
    public static DcAutoencoder Load(string folder, ScalarType type, Device device, string? variant = null)
    {
        var json = ModelConfig.Read(Path.Combine(folder, "config.json"));
        var config = DcConfig.Read(json);
        json.RefuseOthers();
        using var checkpoint = Checkpoint.Open(folder, variant);
        var network = new DcAutoencoder(config, Weights.Of(checkpoint, type, device));
        network._weights.Complete();
        return network;
    }

    /// <param name="image">From -1 to 1, [B, 3, height, width], sides multiples of the factor.</param>
    /// <returns>The latent, without the scaling factor.</returns>
    public Tensor Encode(Tensor image, Watch? watch = null) => _encoder.Forward(image, watch);

    /// <param name="latent">Without the scaling factor.</param>
    /// <returns>About -1 to 1, [B, 3, height, width].</returns>
    public Tensor Decode(Tensor latent, Watch? watch = null) => _decoder.Forward(latent, watch);

    public void Dispose() => _weights.Dispose();
}

internal sealed class DcEncoder
{
    private readonly Conv2d _convIn;
    private readonly List<List<IDcBlock>> _stages = [];
    private readonly Conv2d _convOut;
    private readonly int _latentChannels;

    public DcEncoder(Weights w, DcConfig config)
    {
        var (side, channels) = (config.Encoder, config.Encoder.Channels);
        _latentChannels = config.LatentChannels;
        _convIn = w.Conv2d("conv_in", config.ImageChannels, channels[0], kernel: 3);
        for (var i = 0; i < channels.Count; i++)
        {
            List<IDcBlock> stage = [.. Enumerable.Range(0, side.Layers[i])
                .Select(j => DcBlocks.Of(w.In($"down_blocks.{i}.{j}"), config, side, i))];
            if (i + 1 < channels.Count)
                stage.Add(new DcDown(w.In($"down_blocks.{i}.{side.Layers[i]}"), channels[i], channels[i + 1]));
            _stages.Add(stage);
        }

        _convOut = w.Conv2d("conv_out", channels[^1], config.LatentChannels, kernel: 3);
    }

    public Tensor Forward(Tensor image, Watch? watch)
    {
        using var scope = NewDisposeScope();
        var x = _convIn.Forward(image);
        watch?.Invoke("encoder.conv_in", x);
        for (var i = 0; i < _stages.Count; i++)
            x = DcBlocks.Forward(_stages[i], x, $"encoder.s{i}", watch);
        // The shortcut: each channel of the latent is the mean of as many neighbouring ones as there are too many.
        var mean = x.unflatten(1, _latentChannels, x.shape[1] / _latentChannels).mean([2]);
        return (_convOut.Forward(x) + mean).MoveToOuterDisposeScope();
    }
}

internal sealed class DcDecoder
{
    private readonly Conv2d _convIn;
    private readonly List<List<IDcBlock>> _stages = [];
    private readonly RmsNorm _normOut;
    private readonly Conv2d _convOut;

    public DcDecoder(Weights w, DcConfig config)
    {
        var (side, channels) = (config.Decoder, config.Decoder.Channels);
        _convIn = w.Conv2d("conv_in", config.LatentChannels, channels[^1], kernel: 3);
        for (var i = 0; i < channels.Count; i++)
        {
            var up = i + 1 < channels.Count;
            List<IDcBlock> stage = up ? [new DcUp(w.In($"up_blocks.{i}.0"), channels[i + 1], channels[i])] : [];
            stage.AddRange(Enumerable.Range(0, side.Layers[i])
                .Select(j => DcBlocks.Of(w.In($"up_blocks.{i}.{(up ? j + 1 : j)}"), config, side, i)));
            _stages.Add(stage);
        }

        _normOut = w.RmsNorm("norm_out", channels[0], eps: 1e-5, bias: true);
        _convOut = w.Conv2d("conv_out", channels[0], config.ImageChannels, kernel: 3);
    }

    public Tensor Forward(Tensor latent, Watch? watch)
    {
        using var scope = NewDisposeScope();
        var x = _convIn.Forward(latent);
        watch?.Invoke("decoder.conv_in", x);
        x = x + latent.repeat_interleave(x.shape[1] / latent.shape[1], dim: 1);
        for (var i = _stages.Count - 1; i >= 0; i--)
            x = DcBlocks.Forward(_stages[i], x, $"decoder.s{i}", watch);
        x = x.Then(_normOut.ForwardChannels);
        watch?.Invoke("decoder.norm_out", x);
        return x.Then(normed => functional.relu(normed)).Then(_convOut.Forward).MoveToOuterDisposeScope();
    }
}

/// <summary>What a stage is made of.</summary>
internal interface IDcBlock
{
    /// <summary>As the published class is called.</summary>
    string Name { get; }

    Tensor Forward(Tensor x, string stage, Watch? watch);
}

internal static class DcBlocks
{
    public static IDcBlock Of(Weights w, DcConfig config, DcSide side, int stage) => side.Transformer[stage]
        ? new EfficientVitBlock(w, side.Channels[stage], config.HeadDim, side.Kernels[stage])
        : new DcResBlock(w, side.Channels[stage]);

    public static Tensor Forward(List<IDcBlock> blocks, Tensor x, string stage, Watch? watch)
    {
        foreach (var (i, block) in blocks.Index())
        {
            var before = x;
            x = block.Forward(x, $"{stage}.{i}", watch);
            before.Dispose(); // at full size the largest of all
            watch?.Invoke($"{stage}.{i}.{block.Name}", x);
        }

        return x;
    }
}

internal sealed class DcResBlock(Weights w, int channels) : IDcBlock
{
    private readonly Conv2d _conv1 = w.Conv2d("conv1", channels, channels, kernel: 3);
    private readonly Conv2d _conv2 = w.Conv2d("conv2", channels, channels, kernel: 3, bias: false);
    private readonly RmsNorm _norm = w.RmsNorm("norm", channels, eps: 1e-5, bias: true);

    public string Name => "ResBlock";

    public Tensor Forward(Tensor x, string stage, Watch? watch)
    {
        using var scope = NewDisposeScope();
        return _conv1.Forward(x).Then(inner => functional.silu(inner)).Then(_conv2.Forward).Then(_norm.ForwardChannels).Then(normed => normed + x)
            .MoveToOuterDisposeScope();
    }
}

/// <summary>Halves the sides; the shortcut puts each 2 × 2 pixels into channels and takes the mean of neighbouring ones.</summary>
internal sealed class DcDown(Weights w, int inputs, int outputs) : IDcBlock
{
    private readonly Conv2d _conv = w.Conv2d("conv", inputs, outputs, kernel: 3, stride: 2);

    public string Name => "DCDownBlock2d";

    public Tensor Forward(Tensor x, string stage, Watch? watch)
    {
        using var scope = NewDisposeScope();
        var shortcut = functional.pixel_unshuffle(x, 2).unflatten(1, outputs, inputs * 4 / outputs).mean([2]);
        return (_conv.Forward(x) + shortcut).MoveToOuterDisposeScope();
    }
}

/// <summary>Doubles the sides; the shortcut repeats channels and spreads each four over 2 × 2 pixels.</summary>
internal sealed class DcUp(Weights w, int inputs, int outputs) : IDcBlock
{
    private readonly Conv2d _conv = w.Conv2d("conv", inputs, outputs, kernel: 3);

    public string Name => "DCUpBlock2d";

    public Tensor Forward(Tensor x, string stage, Watch? watch)
    {
        using var scope = NewDisposeScope();
        var convolved = functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest).Then(_conv.Forward);
        var shortcut = x.repeat_interleave(outputs * 4 / inputs, dim: 1).Then(repeated => functional.pixel_shuffle(repeated, 2));
        return (convolved + shortcut).MoveToOuterDisposeScope();
    }
}

/// <summary>EfficientViT's: multi-scale linear attention, then GLUMBConv, each with a residual.</summary>
internal sealed class EfficientVitBlock(Weights w, int channels, int headDim, IReadOnlyList<int> kernels) : IDcBlock
{
    private readonly MultiScaleAttention _attn = new(w.In("attn"), channels, headDim, kernels);
    private readonly GluMbConv _convOut = new(w.In("conv_out"), channels, 4 * channels, norm: true);

    public string Name => "EfficientViTBlock";

    public Tensor Forward(Tensor x, string stage, Watch? watch)
    {
        using var scope = NewDisposeScope();
        x = _attn.Forward(x);
        watch?.Invoke($"{stage}.attn", x);
        return (_convOut.Forward(x) + x).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Attention with ReLU over the pixels, also to queries, keys and values that have seen their neighbours. The published
/// order of channels is kept: all queries, all keys, all values (then the same of each further scale) are cut into groups
/// of three heads, whose thirds act as query, key and value: what is called a head mixes several.
/// </summary>
internal sealed class MultiScaleAttention(Weights w, int channels, int headDim, IReadOnlyList<int> kernels)
{
    private const double Eps = 1e-15;

    private readonly Linear _toQ = w.Linear("to_q", channels, channels / headDim * headDim, bias: false);
    private readonly Linear _toK = w.Linear("to_k", channels, channels / headDim * headDim, bias: false);
    private readonly Linear _toV = w.Linear("to_v", channels, channels / headDim * headDim, bias: false);
    private readonly Linear _toOut = w.Linear("to_out", channels / headDim * headDim * (1 + kernels.Count), channels, bias: false);
    private readonly RmsNorm _normOut = w.RmsNorm("norm_out", channels, eps: 1e-5, bias: true);
    private readonly List<(Conv2d In, Conv2d Out)> _scales = [.. kernels.Select((kernel, i) =>
    {
        var three = 3 * (channels / headDim * headDim);
        var scale = w.In($"to_qkv_multiscale.{i}");
        return (scale.Conv2d("proj_in", three, three, kernel, groups: three, bias: false),
            scale.Conv2d("proj_out", three, three, kernel: 1, groups: 3 * (channels / headDim), bias: false));
    })];

    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (batch, height, width) = (x.shape[0], x.shape[2], x.shape[3]);
        var last = x.permute(0, 2, 3, 1); // [B, height, width, channels]
        Tensor[] projected = [_toQ.Forward(last), _toK.Forward(last), _toV.Forward(last)]; // each [B, height, width, inner]
        var qkv = projected.Joined(dim: 3).Then(joined => joined.permute(0, 3, 1, 2)); // [B, 3 inner, height, width]
        Tensor[] scales = [qkv, .. _scales.Select(scale => scale.In.Forward(qkv).Then(scale.Out.Forward))];
        var all = scales.Joined(dim: 1);
        // Of few pixels the scores are smaller than the sums; this form alone stays in the network's type.
        var linear = height * width > headDim;
        if (linear)
            all = all.to(float32);
        var attended = Brief(() =>
        {
            var three = all.Then(mixed => mixed.reshape(batch, -1, 3 * headDim, height * width)).chunk(3, dim: 2); // each [B, groups, head dim, N]
            var (q, k, v) = (functional.relu(three[0]), functional.relu(three[1]), three[2]);
            return (linear ? Linear(q, k, v) : Quadratic(q, k, v)).to(x.dtype).reshape(batch, -1, height, width);
        });
        var result = _toOut.Forward(attended.permute(0, 2, 3, 1)).Then(_normOut.Forward); // [B, height, width, channels]
        return (result.permute(0, 3, 1, 2) + x).MoveToOuterDisposeScope();
    }

    private static Tensor Linear(Tensor q, Tensor k, Tensor v)
    {
        var values = functional.pad(v, [0, 0, 0, 1], PaddingModes.Constant, 1); // a row of ones sums up the weights
        var sums = values.Then(padded => padded.matmul(k.transpose(-1, -2))).Then(kv => kv.matmul(q)); // [B, groups, head dim + 1, N]
        return sums.narrow(2, 0, v.shape[2]) / (sums.narrow(2, v.shape[2], 1) + Eps);
    }

    private static Tensor Quadratic(Tensor q, Tensor k, Tensor v)
    {
        var scores = k.transpose(-1, -2).matmul(q).to(float32); // [B, groups, N, N]
        return v.matmul((scores / (scores.sum(2, keepdim: true) + Eps)).to(v.dtype));
    }
}
