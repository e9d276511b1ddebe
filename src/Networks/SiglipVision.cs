using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>What config.json says of SigLIP's vision tower.</summary>
/// <param name="ImageSize">Pixels a side.</param>
public sealed record SiglipConfig(int ImageSize, int PatchSize, int Width, int MlpWidth, int Layers, int Heads, double NormEps)
{
    /// <summary>Patches a side.</summary>
    public int Side => ImageSize / PatchSize;

    /// <summary>How many tokens <see cref="SiglipVision.Pool"/> makes when asked for a number.</summary>
    public int Pooled(int tokens)
    {
        var side = Side / Square(tokens);
        return side * side;
    }

    /// <summary>Patches a side of what becomes one token.</summary>
    internal int Square(int tokens) => (int)(Side / Math.Sqrt(tokens));

    /// <summary>Reads the tower's own configuration, or that of both towers; what it leaves out is as transformers has it.</summary>
    /// <exception cref="CheckpointException">It is none of the published kinds; the value is named.</exception>
    public static SiglipConfig Read(ModelConfig json)
    {
        var own = json.OneOf("model_type", "\"siglip_vision_model\"", "\"siglip\"") == "\"siglip_vision_model\"";
        var vision = own ? json : json.Section("vision_config");
        vision.OneOf("model_type", "\"siglip_vision_model\"");
        vision.OneOf("hidden_act", "\"gelu_pytorch_tanh\"");
        vision.OneOf("num_channels", "3");
        return new(
            vision.Integer("image_size", 224), vision.Integer("patch_size", 16), vision.Integer("hidden_size", 768),
            vision.Integer("intermediate_size", 3072), vision.Integer("num_hidden_layers", 12), vision.Integer("num_attention_heads", 12),
            vision.Number("layer_norm_eps", 1e-6));
    }
}

/// <summary>
/// The vision tower of SigLIP (arXiv 2303.15343) without its pooling head: Reflect-DiT takes the last hidden state for what
/// a failed image looks like. B: images, N: patches, D: width.
/// </summary>
public sealed class SiglipVision : IDisposable
{
    private readonly Weights _weights;
    private readonly Conv2d _patchEmbedding;
    private readonly Tensor _positionEmbedding;
    private readonly SiglipLayer[] _layers;
    private readonly LayerNorm _postNorm;

    /// <summary>Takes its parameters from the weights, which it owns from then on.</summary>
    public SiglipVision(SiglipConfig config, Weights w)
    {
        (Config, _weights) = (config, w);
        _patchEmbedding = w.Conv2d("embeddings.patch_embedding", 3, config.Width, config.PatchSize, config.PatchSize, padding: 0);
        _positionEmbedding = w.Get("embeddings.position_embedding.weight", config.Side * config.Side, config.Width);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new SiglipLayer(w.In($"encoder.layers.{i}"), config))];
        _postNorm = w.LayerNorm("post_layernorm", config.Width, config.NormEps);
    }

    public SiglipConfig Config { get; }

    /// <summary>By their names in the network; whoever trains lets them require gradients.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _weights.Tensors;

    /// <exception cref="CheckpointException">The folder's checkpoint is not sound, or not of its config.json.</exception>
    public static SiglipVision Load(string folder, ScalarType type, Device device, string? variant = null)
    {
        var config = SiglipConfig.Read(ModelConfig.Read(Path.Combine(folder, "config.json")));
        using var checkpoint = Checkpoint.Open(folder, variant);
        var network = new SiglipVision(config, Weights.Of(checkpoint, type, device, Name));
        network._weights.Complete();
        return network;
    }

    /// <summary>What the tower is given of images: resized by Pillow's bicubic filter, from -1 to 1.</summary>
    /// <returns>fp32, [B, 3, side, side]</returns>
    public Tensor Preprocess(IReadOnlyList<RgbImage> images) => stack([.. images.Select(image => tensor(
        ImageNormalization.Symmetric.Apply(PillowResize.Resize(image, Config.ImageSize, Config.ImageSize, ResampleFilter.Bicubic)),
        [3, Config.ImageSize, Config.ImageSize]))]);

    /// <summary>The same of images that are no files yet, in numbers that are not rounded to 8 bits on the way.</summary>
    /// <param name="images">From 0 to 1, [B, 3, height, width].</param>
    /// <inheritdoc cref="Preprocess(IReadOnlyList{RgbImage})"/>
    public Tensor Preprocess(Tensor images) =>
        (functional.interpolate(images.to(float32), [Config.ImageSize, Config.ImageSize], mode: InterpolationMode.Bicubic,
            align_corners: false, antialias: true) * 2) - 1;

    /// <param name="pixels">[B, 3, side, side]</param>
    /// <returns>The last hidden state after the last norm, [B, N, D].</returns>
    public Tensor Forward(Tensor pixels, Watch? watch = null)
    {
        using var scope = NewDisposeScope();
        var x = _patchEmbedding.Forward(pixels).flatten(2).transpose(1, 2) + _positionEmbedding; // [B, N, D]
        watch?.Invoke("embeddings", x);
        for (var i = 0; i < _layers.Length; i++)
            x = _layers[i].Forward(x, watch, i);
        x = _postNorm.Forward(x);
        watch?.Invoke("last_hidden_state", x);
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Means over squares of patches, as many as the released Reflect-DiT code makes when asked for a number of tokens: what
    /// no square covers is dropped, and there may be more than asked for.
    /// </summary>
    /// <param name="hidden">[B, N, D]</param>
    /// <returns>[B, tokens, D]</returns>
    public Tensor Pool(Tensor hidden, int tokens)
    {
        using var scope = NewDisposeScope();
        long square = Config.Square(tokens);
        var map = hidden.transpose(1, 2).unflatten(2, Config.Side, Config.Side); // [B, D, side, side]
        return functional.avg_pool2d(map, [square, square], [square, square]).flatten(2).transpose(1, 2).MoveToOuterDisposeScope();
    }

    public void Dispose() => _weights.Dispose();

    /// <summary>Of a file with both towers the vision tower's, without its head.</summary>
    internal static string? Name(string name) =>
        name.StartsWith("vision_model.", StringComparison.Ordinal) && !name.StartsWith("vision_model.head.", StringComparison.Ordinal)
            ? name["vision_model.".Length..]
            : null;
}

internal sealed class SiglipLayer(Weights w, SiglipConfig config)
{
    private readonly LayerNorm _norm1 = w.LayerNorm("layer_norm1", config.Width, config.NormEps);
    private readonly Linear _q = w.Linear("self_attn.q_proj", config.Width, config.Width);
    private readonly Linear _k = w.Linear("self_attn.k_proj", config.Width, config.Width);
    private readonly Linear _v = w.Linear("self_attn.v_proj", config.Width, config.Width);
    private readonly Linear _out = w.Linear("self_attn.out_proj", config.Width, config.Width);
    private readonly LayerNorm _norm2 = w.LayerNorm("layer_norm2", config.Width, config.NormEps);
    private readonly Linear _fc1 = w.Linear("mlp.fc1", config.Width, config.MlpWidth);
    private readonly Linear _fc2 = w.Linear("mlp.fc2", config.MlpWidth, config.Width);

    public Tensor Forward(Tensor x, Watch? watch, int index)
    {
        using var scope = NewDisposeScope();
        var normed = _norm1.Forward(x);
        var heads = functional.scaled_dot_product_attention(Heads(_q.Forward(normed)), Heads(_k.Forward(normed)), Heads(_v.Forward(normed)));
        var attended = _out.Forward(heads.transpose(1, 2).flatten(2, 3));
        watch?.Invoke($"l{index:00}.self_attn", attended);
        x = x + attended;
        x = x + _fc2.Forward(_fc1.Forward(_norm2.Forward(x)).GeluTanh());
        watch?.Invoke($"l{index:00}.output", x);
        return x.MoveToOuterDisposeScope();
    }

    private Tensor Heads(Tensor x) => x.unflatten(2, config.Heads, config.Width / config.Heads).transpose(1, 2); // [B, heads, N, head dim]
}
