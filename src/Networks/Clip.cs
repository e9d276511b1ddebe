using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Networks.Tokenizers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>The shape of one of CLIP's towers.</summary>
public sealed record ClipTower(int Width, int MlpWidth, int Layers, int Heads);

/// <summary>What open_clip_config.json, or config.json of transformers' CLIPModel, says of a CLIP with quick GELU.</summary>
/// <param name="Embed">The dimension that images and texts share.</param>
public sealed record ClipConfig(int Embed, ClipTower Vision, int ImageSize, int PatchSize, ClipTower Text, int Context, int Vocabulary)
{
    /// <summary>open_clip's file where it is there, else transformers'.</summary>
    /// <exception cref="CheckpointException">It is none of the published kinds; the value is named.</exception>
    public static ClipConfig Read(string folder) => File.Exists(Path.Combine(folder, OpenClipFile))
        ? ReadOpenClip(ModelConfig.Read(Path.Combine(folder, OpenClipFile)).Section("model_cfg"))
        : ReadTransformers(ModelConfig.Read(Path.Combine(folder, "config.json")));

    internal const string OpenClipFile = "open_clip_config.json";

    private static ClipConfig ReadOpenClip(ModelConfig json)
    {
        // OpenAI's weights were trained with it. Without the key, open_clip computes another GELU.
        json.OneOf("quick_gelu", "true");
        if (!json.Has("quick_gelu"))
            throw new CheckpointException($"{OpenClipFile} does not say quick_gelu, with which OpenAI's CLIP was trained");
        var (vision, text) = (json.Section("vision_cfg"), json.Section("text_cfg"));
        var (width, textWidth) = (vision.Integer("width"), text.Integer("width"));
        return new(
            json.Integer("embed_dim"), new(width, 4 * width, vision.Integer("layers"), width / vision.Integer("head_width", 64)),
            vision.Integer("image_size"), vision.Integer("patch_size"),
            new(textWidth, 4 * textWidth, text.Integer("layers"), text.Integer("heads")),
            text.Integer("context_length", 77), text.Integer("vocab_size"));
    }

    private static ClipConfig ReadTransformers(ModelConfig json)
    {
        json.OneOf("model_type", "\"clip\"");
        var (vision, text) = (json.Section("vision_config"), json.Section("text_config"));
        vision.OneOf("hidden_act", "\"quick_gelu\"");
        text.OneOf("hidden_act", "\"quick_gelu\"");
        return new(
            json.Integer("projection_dim", 512), Tower(vision, 768, 3072, 12), vision.Integer("image_size", 224), vision.Integer("patch_size", 32),
            Tower(text, 512, 2048, 8), text.Integer("max_position_embeddings", 77), text.Integer("vocab_size", 49408));

        static ClipTower Tower(ModelConfig tower, int width, int mlpWidth, int heads)
        {
            tower.OneOf("layer_norm_eps", "1e-5");
            return new(
                tower.Integer("hidden_size", width), tower.Integer("intermediate_size", mlpWidth), tower.Integer("num_hidden_layers", 12),
                tower.Integer("num_attention_heads", heads));
        }
    }
}

/// <summary>How CLIP computes.</summary>
public enum ClipPrecision
{
    /// <summary>All in fp32.</summary>
    Single,

    /// <summary>As under CUDA's autocast, with which GenEval's numbers were made: products in fp16, norms and embeddings in fp32.</summary>
    Autocast,
}

/// <summary>
/// CLIP (arXiv 2103.00020): images and texts as vectors of one space. GenEval names an object's colour by it. Parameters go
/// by open_clip's names; those of transformers are renamed. B: batch, N: patches and the class, D: width.
/// </summary>
public sealed class Clip : IDisposable
{
    private readonly Weights _weights;
    private readonly Tensor _conv1;
    private readonly Tensor _classEmbedding;
    private readonly Tensor _positions;
    private readonly ClipNorm _lnPre;
    private readonly ClipBlock[] _visionBlocks;
    private readonly ClipNorm _lnPost;
    private readonly Tensor _projection;
    private readonly Tensor _tokenEmbedding;
    private readonly Tensor _textPositions;
    private readonly ClipBlock[] _textBlocks;
    private readonly ClipNorm _lnFinal;
    private readonly Tensor _textProjection;

    /// <summary>Takes its parameters from the weights, which it owns from then on.</summary>
    public Clip(ClipConfig config, Weights w)
    {
        (Config, _weights) = (config, w);
        var (vision, text, side) = (config.Vision, config.Text, config.ImageSize / config.PatchSize);
        _conv1 = w.Get("visual.conv1.weight", vision.Width, 3, config.PatchSize, config.PatchSize);
        _classEmbedding = w.Get("visual.class_embedding", vision.Width);
        _positions = w.Get("visual.positional_embedding", 1 + (side * side), vision.Width);
        _lnPre = new(w, "visual.ln_pre", vision.Width);
        _visionBlocks = [.. Enumerable.Range(0, vision.Layers).Select(i => new ClipBlock(w.In($"visual.transformer.resblocks.{i}"), vision))];
        _lnPost = new(w, "visual.ln_post", vision.Width);
        _projection = Projection(w, "visual.proj", vision.Width);
        _tokenEmbedding = w.Get("token_embedding.weight", config.Vocabulary, text.Width);
        _textPositions = w.Get("positional_embedding", config.Context, text.Width);
        _textBlocks = [.. Enumerable.Range(0, text.Layers).Select(i => new ClipBlock(w.In($"transformer.resblocks.{i}"), text))];
        _lnFinal = new(w, "ln_final", text.Width);
        _textProjection = Projection(w, "text_projection", text.Width);
        LogitScale = w.Get("logit_scale");

        // transformers keeps the matrix the other way round.
        Tensor Projection(Weights weights, string name, int width) => weights.Has($"{name}.weight")
            ? weights.Get($"{name}.weight", config.Embed, width)
            : weights.Get(name, width, config.Embed)?.t()!;
    }

    public ClipConfig Config { get; }

    /// <summary>By their names in the network; whoever trains lets them require gradients.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _weights.Tensors;

    /// <summary>The logarithm of what cosines are multiplied with in training.</summary>
    public Tensor LogitScale { get; }

    /// <exception cref="CheckpointException">The folder's checkpoint is not sound, or not of its configuration.</exception>
    public static Clip Load(string folder, ClipPrecision precision, Device device)
    {
        var config = ClipConfig.Read(folder);
        using var checkpoint = Open(folder);
        var factors = precision == ClipPrecision.Autocast ? ScalarType.Float16 : ScalarType.Float32;
        var w = Weights.OfMixed(checkpoint, name => IsFactor(name) ? factors : ScalarType.Float32, device, Name);
        var network = new Clip(config, w);
        w.Complete();
        return network;
    }

    /// <summary>The files of a folder that <see cref="Load"/> reads.</summary>
    /// <exception cref="CheckpointException">There is no such checkpoint.</exception>
    public static IReadOnlyList<string> FilesOf(string folder)
    {
        using var checkpoint = Open(folder);
        var ofOpenClip = Path.Combine(folder, ClipConfig.OpenClipFile);
        return [.. checkpoint.Files, File.Exists(ofOpenClip) ? ofOpenClip : Path.Combine(folder, "config.json")];
    }

    /// <summary>Numbers in the files of a folder, which <see cref="Load"/> keeps.</summary>
    /// <exception cref="CheckpointException">There is no such checkpoint.</exception>
    public static long ParametersIn(string folder)
    {
        using var checkpoint = Open(folder);
        return NetworkMemory.Parameters(checkpoint);
    }

    private static Checkpoint Open(string folder)
    {
        var single = Path.Combine(folder, "open_clip_model.safetensors");
        return File.Exists(single) ? Checkpoint.OpenFile(single) : Checkpoint.Open(folder);
    }

    /// <param name="pixels">fp32, [B, 3, size, size]</param>
    /// <returns>[B, embed], not normalised.</returns>
    public Tensor EncodeImages(Tensor pixels, Watch? watch = null)
    {
        using var scope = NewDisposeScope();
        var patches = functional.conv2d(pixels.to(_conv1.dtype), _conv1, strides: [Config.PatchSize, Config.PatchSize]); // [B, D, side, side]
        watch?.Invoke("patches", patches);
        var x = patches.flatten(2).transpose(1, 2); // [B, N - 1, D]
        x = cat([_classEmbedding.to(x.dtype).expand(x.shape[0], 1, -1), x], 1) + _positions.to(x.dtype);
        x = _lnPre.Forward(x);
        watch?.Invoke("ln_pre", x);
        for (var i = 0; i < _visionBlocks.Length; i++)
        {
            x = _visionBlocks[i].Forward(x, causal: false);
            watch?.Invoke($"vision_block.{i}", x);
        }

        var ofClass = _lnPost.Forward(x).select(1, 0); // [B, D]
        return functional.linear(ofClass.to(_projection.dtype), _projection).MoveToOuterDisposeScope();
    }

    /// <param name="ids">As many as the context is long, padded with 0 behind the end of the text, which has the largest id; [B, context].</param>
    /// <returns>[B, embed], not normalised.</returns>
    public Tensor EncodeTexts(Tensor ids, Watch? watch = null)
    {
        using var scope = NewDisposeScope();
        var x = _tokenEmbedding.Embed(ids) + _textPositions; // [B, context, D]
        for (var i = 0; i < _textBlocks.Length; i++)
        {
            x = _textBlocks[i].Forward(x, causal: true);
            watch?.Invoke($"text_block.{i}", x);
        }

        x = _lnFinal.Forward(x);
        watch?.Invoke("text_ln_final", x);
        var end = ids.argmax(-1).view(-1, 1, 1).expand(-1, 1, Config.Text.Width);
        return functional.linear(x.gather(1, end).squeeze(1).to(_textProjection.dtype), _textProjection).MoveToOuterDisposeScope();
    }

    /// <summary>The ids of texts as open_clip pads and cuts them: 0 behind the end, which stands last where the text is too long.</summary>
    /// <param name="tokenizer">CLIP's, which puts a start and an end around a text.</param>
    /// <returns>int64, [texts, context]</returns>
    public Tensor Tokens(Tokenizer tokenizer, IReadOnlyList<string> texts)
    {
        var ids = new long[texts.Count * Config.Context];
        for (var text = 0; text < texts.Count; text++)
        {
            var whole = tokenizer.Encode(texts[text]);
            if (whole.Length > Config.Context)
                whole = [.. whole[..(Config.Context - 1)], whole[^1]];
            Array.ConvertAll(whole, id => (long)id).CopyTo(ids.AsSpan(text * Config.Context));
        }

        return tensor(ids, [texts.Count, Config.Context], device: _tokenEmbedding.device);
    }

    /// <summary>
    /// What tells some labels apart: for each the mean of its sentences' directions (clip_benchmark's zero_shot_classifier).
    /// </summary>
    /// <param name="texts">Of each label as many sentences, one label after the other: [labels × sentences, embed].</param>
    /// <returns>[embed, labels]</returns>
    public static Tensor Classifier(Tensor texts, int labels)
    {
        using var scope = NewDisposeScope();
        var mean = Direction(texts).unflatten(0, labels, -1).mean([1]);
        return (mean / mean.norm(-1, keepdim: true)).t().contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Each image's logit for each label; the last product is computed as the network computes its own.</summary>
    /// <param name="images">[B, embed]</param>
    /// <param name="classifier">[embed, labels]</param>
    /// <returns>fp32, [B, labels]</returns>
    public Tensor Logits(Tensor images, Tensor classifier)
    {
        using var scope = NewDisposeScope();
        var type = _projection.dtype;
        return (Direction(images) * 100).to(type).matmul(classifier.to(type)).to(float32).MoveToOuterDisposeScope();
    }

    /// <summary>In fp32, of length 1.</summary>
    public static Tensor Direction(Tensor x) => functional.normalize(x.to(float32), dim: -1);

    public void Dispose() => _weights.Dispose();

    /// <summary>Whether a parameter is one side of a product.</summary>
    private static bool IsFactor(string name) =>
        !name.Contains("ln_", StringComparison.Ordinal) && !name.Contains("embedding", StringComparison.Ordinal) && name != "logit_scale";

    /// <summary>open_clip's name for one of transformers'.</summary>
    internal static string? Name(string name)
    {
        // Indexes that files of older versions hold.
        if (name.EndsWith("embeddings.position_ids", StringComparison.Ordinal) || name is "input_resolution" or "context_length" or "vocab_size")
            return null;
        foreach (var (theirs, ours) in Names)
            name = name.Replace(theirs, ours, StringComparison.Ordinal);
        return name;
    }

    private static readonly (string Theirs, string Ours)[] Names =
    [
        ("vision_model.encoder.layers.", "visual.transformer.resblocks."), ("text_model.encoder.layers.", "transformer.resblocks."),
        ("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("self_attn.", "attn."), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj"),
        ("vision_model.embeddings.class_embedding", "visual.class_embedding"), ("vision_model.embeddings.patch_embedding", "visual.conv1"),
        ("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"), ("vision_model.pre_layrnorm", "visual.ln_pre"),
        ("vision_model.post_layernorm", "visual.ln_post"), ("visual_projection", "visual.proj"), ("text_model.final_layer_norm", "ln_final"),
        ("text_model.embeddings.token_embedding", "token_embedding"), ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
    ];
}

/// <summary>Attention and a perceptron, each behind a norm.</summary>
internal sealed class ClipBlock(Weights w, ClipTower tower)
{
    private readonly ClipNorm _ln1 = new(w, "ln_1", tower.Width);
    private readonly Linear[] _qkv = w.Has("attn.in_proj_weight")
        ? [new(w.Get("attn.in_proj_weight", 3 * tower.Width, tower.Width), w.Get("attn.in_proj_bias", 3 * tower.Width))]
        : [.. new[] { "q", "k", "v" }.Select(part => w.Linear($"attn.{part}_proj", tower.Width, tower.Width))];
    private readonly Linear _out = w.Linear("attn.out_proj", tower.Width, tower.Width);
    private readonly ClipNorm _ln2 = new(w, "ln_2", tower.Width);
    private readonly Linear _fc = w.Linear("mlp.c_fc", tower.Width, tower.MlpWidth);
    private readonly Linear _proj = w.Linear("mlp.c_proj", tower.MlpWidth, tower.Width);

    public Tensor Forward(Tensor x, bool causal)
    {
        using var scope = NewDisposeScope();
        var normed = _ln1.Forward(x).to(_out.Weight.dtype);
        var qkv = _qkv.Length == 1 ? _qkv[0].Forward(normed).chunk(3, -1) : [.. _qkv.Select(linear => linear.Forward(normed))];
        var attended = functional.scaled_dot_product_attention(Heads(qkv[0]), Heads(qkv[1]), Heads(qkv[2]), is_casual: causal);
        x = x + _out.Forward(attended.transpose(1, 2).flatten(2, 3));
        var hidden = _fc.Forward(_ln2.Forward(x).to(_fc.Weight.dtype));
        return (x + _proj.Forward(hidden * (hidden * 1.702).sigmoid())).MoveToOuterDisposeScope();
    }

    private Tensor Heads(Tensor x) => x.unflatten(2, tower.Heads, tower.Width / tower.Heads).transpose(1, 2); // [B, heads, N, head dim]
}

/// <summary>LayerNorm in the type of its weights, whose result has the type of what goes in.</summary>
internal sealed class ClipNorm(Weights w, string name, int width)
{
    private readonly LayerNorm _norm = w.LayerNorm(name, width, eps: 1e-5);

    public Tensor Forward(Tensor x) => _norm.Forward(x.to(_norm.Weight!.dtype)).to(x.dtype);
}
