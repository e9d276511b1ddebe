using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>The shape of a Mask2Former on Swin. mmdet keeps none beside its weights.</summary>
/// <param name="Groups">Of the group norms.</param>
public sealed record Mask2FormerConfig(
    SwinConfig Swin, int Width, int Heads, int Groups, int EncoderLayers, int EncoderMlpWidth, int DecoderLayers, int DecoderMlpWidth, int Queries)
{
    /// <summary>Maps that queries look at.</summary>
    internal const int Levels = 3;

    /// <summary>COCO's kinds of things.</summary>
    public const int Classes = 80;

    /// <summary>mask2former_swin-s-p4-w7-224_lsj_8x2_50e_coco, GenEval's detector.</summary>
    public static Mask2FormerConfig Published { get; } = new(SwinConfig.Small, 256, 8, 32, 6, 1024, 9, 2048, 100);
}

/// <summary>
/// Mask2Former (arXiv 2112.01527) as mmdet 2 computes it: queries look at the image where they saw their object last, and
/// each names a class and a mask. B: batch, Q: queries, D: width.
/// </summary>
public sealed class Mask2Former : IDisposable
{
    private readonly Mask2FormerConfig _config;
    private readonly Weights _weights;
    private readonly Swin _backbone;
    private readonly PixelDecoder _pixelDecoder;
    private readonly QueryLayer[] _layers;
    private readonly LayerNorm _postNorm;
    private readonly Tensor _queryFeatures;
    private readonly Tensor _queryPositions;
    private readonly Tensor _levels;
    private readonly Linear _class;
    private readonly Linear[] _mask;

    /// <summary>Takes its parameters from the weights, which it owns from then on.</summary>
    public Mask2Former(Mask2FormerConfig config, Weights w)
    {
        (_config, _weights) = (config, w);
        _backbone = new(w.In("backbone"), config.Swin);
        var head = w.In("panoptic_head");
        _pixelDecoder = new(head.In("pixel_decoder"), config);
        _layers = [.. Enumerable.Range(0, config.DecoderLayers).Select(i => new QueryLayer(head.In($"transformer_decoder.layers.{i}"), config))];
        _postNorm = head.LayerNorm("transformer_decoder.post_norm", config.Width, eps: 1e-5);
        _queryFeatures = head.Get("query_feat.weight", config.Queries, config.Width);
        _queryPositions = head.Get("query_embed.weight", config.Queries, config.Width);
        _levels = head.Get("level_embed.weight", Mask2FormerConfig.Levels, config.Width);
        _class = head.Linear("cls_embed", config.Width, Mask2FormerConfig.Classes + 1);
        _mask = [.. new[] { 0, 2, 4 }.Select(i => head.Linear($"mask_embed.{i}", config.Width, config.Width))];
    }

    /// <summary>By their names in the checkpoint; whoever trains lets them require gradients.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _weights.Tensors;

    /// <param name="path">The file that mmdet publishes, or a folder with safetensors of the same names.</param>
    /// <exception cref="CheckpointException">The checkpoint is not sound, or not of the configuration.</exception>
    public static Mask2Former Load(string path, Mask2FormerConfig config, ScalarType type, Device device) =>
        Load(path, config, type, device, Name);

    /// <summary>A checkpoint with other names than mmdet's.</summary>
    internal static Mask2Former Load(string path, Mask2FormerConfig config, ScalarType type, Device device, Func<string, string?> rename)
    {
        using var checkpoint = File.Exists(path) ? Checkpoint.OpenFile(path) : Checkpoint.Open(path);
        var w = Weights.Of(checkpoint, type, device, rename);
        var network = new Mask2Former(config, w);
        w.Complete();
        return network;
    }

    /// <param name="image">Normalised, of sides that are multiples of 32; [B, 3, height, width].</param>
    /// <returns>Logits of the classes and of nothing, [B, Q, classes + 1], and of masks of a quarter the size, [B, Q, height, width].</returns>
    public (Tensor Classes, Tensor Masks) Forward(Tensor image, Watch? watch = null)
    {
        using var scope = NewDisposeScope();
        var (features, maps) = _pixelDecoder.Forward(_backbone.Forward(image, watch), watch);
        var keys = maps.Select((map, level) => map.flatten(2).transpose(1, 2) + _levels[level]).ToList(); // each [B, N, D]
        var positions = maps
            .Select(map => SinePosition.Of(map.shape[2], map.shape[3], _config.Width, image.device).flatten(1).t()).ToList(); // each [N, D]
        var query = _queryFeatures.unsqueeze(0).expand(image.shape[0], -1, -1); // [B, Q, D]
        watch?.Invoke("decoder.initial.query", query);
        var seen = Predict(query, features, maps[0], "initial", watch);
        for (var i = 0; i < _layers.Length; i++)
        {
            var level = i % maps.Count;
            // Who would see nothing sees all.
            var blocked = seen.Blocked & seen.Blocked.all(-1, keepdim: true).logical_not();
            query = _layers[i].Forward(query, _queryPositions, keys[level], positions[level], blocked);
            watch?.Invoke($"decoder.{i}.query", query);
            seen = Predict(query, features, maps[(i + 1) % maps.Count], $"{i}", watch);
        }

        return (seen.Classes.MoveToOuterDisposeScope(), seen.Masks.MoveToOuterDisposeScope());
    }

    public void Dispose() => _weights.Dispose();

    /// <summary>Which row of the table a pair of places takes is stored beside it, and computed here.</summary>
    internal static string? Name(string name) => name.EndsWith("relative_position_index", StringComparison.Ordinal) ? null : name;

    /// <summary>What queries see, and which places of the next map they are not to look at, [B, Q, N].</summary>
    private (Tensor Classes, Tensor Masks, Tensor Blocked) Predict(Tensor query, Tensor features, Tensor next, string layer, Watch? watch)
    {
        var normed = _postNorm.Forward(query);
        var classes = _class.Forward(normed);
        var embedded = _mask[2].Forward(functional.relu(_mask[1].Forward(functional.relu(_mask[0].Forward(normed)))));
        var masks = embedded.matmul(features.flatten(2)).unflatten(2, features.shape[2], features.shape[3]);
        var small = functional.interpolate(masks, [next.shape[2], next.shape[3]], mode: InterpolationMode.Bilinear, align_corners: false);
        var blocked = small.flatten(2).sigmoid() < 0.5;
        watch?.Invoke($"decoder.{layer}.class_logits", classes);
        watch?.Invoke($"decoder.{layer}.mask_logits", masks);
        watch?.Invoke($"decoder.{layer}.next_attention_mask", blocked);
        return (classes, masks, blocked);
    }
}

/// <summary>Queries look at a map where they are let to, then at each other; a perceptron; a norm behind each.</summary>
internal sealed class QueryLayer(Weights w, Mask2FormerConfig config)
{
    private readonly QueryAttention _cross = new(w.In("attentions.0.attn"), config);
    private readonly QueryAttention _self = new(w.In("attentions.1.attn"), config);
    private readonly LayerNorm _norm0 = w.LayerNorm("norms.0", config.Width, eps: 1e-5);
    private readonly LayerNorm _norm1 = w.LayerNorm("norms.1", config.Width, eps: 1e-5);
    private readonly LayerNorm _norm2 = w.LayerNorm("norms.2", config.Width, eps: 1e-5);
    private readonly Linear _fc1 = w.Linear("ffns.0.layers.0.0", config.Width, config.DecoderMlpWidth);
    private readonly Linear _fc2 = w.Linear("ffns.0.layers.1", config.DecoderMlpWidth, config.Width);

    /// <param name="keys">Also the values, but for their positions.</param>
    public Tensor Forward(Tensor query, Tensor queryPositions, Tensor keys, Tensor keyPositions, Tensor blocked)
    {
        using var scope = NewDisposeScope();
        query = _norm0.Forward(query + _cross.Forward(query + queryPositions, keys + keyPositions, keys, blocked.unsqueeze(1).logical_not()));
        query = _norm1.Forward(query + _self.Forward(query + queryPositions, query + queryPositions, query, null));
        return _norm2.Forward(query + _fc2.Forward(functional.relu(_fc1.Forward(query)))).MoveToOuterDisposeScope();
    }
}

/// <summary>nn.MultiheadAttention, whose three projections are one parameter; transformers keeps some of them apart.</summary>
internal sealed class QueryAttention(Weights w, Mask2FormerConfig config)
{
    private readonly Linear[]? _apart = w.Has("q_proj.weight")
        ? [.. new[] { "q", "k", "v" }.Select(part => w.Linear($"{part}_proj", config.Width, config.Width))]
        : null;
    private readonly Linear? _together = w.Has("q_proj.weight")
        ? null
        : new(w.Get("in_proj_weight", 3 * config.Width, config.Width), w.Get("in_proj_bias", 3 * config.Width));
    private readonly Linear _out = w.Linear("out_proj", config.Width, config.Width);

    /// <param name="mask">True where a query sees a key, [B, 1, Q, N].</param>
    public Tensor Forward(Tensor query, Tensor keys, Tensor values, Tensor? mask)
    {
        var attended = functional.scaled_dot_product_attention(Project(query, 0), Project(keys, 1), Project(values, 2), mask);
        return _out.Forward(attended.transpose(1, 2).flatten(2));
    }

    private Tensor Project(Tensor x, int part)
    {
        var projected = _together is null
            ? _apart![part].Forward(x)
            : functional.linear(x, Part(_together.Weight), Part(_together.Bias!));
        return projected.unflatten(2, config.Heads, -1).transpose(1, 2);

        Tensor Part(Tensor whole) => whole.narrow(0, part * config.Width, config.Width);
    }
}
