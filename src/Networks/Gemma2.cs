using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>What text_encoder/config.json says of a Gemma-2 model.</summary>
/// <param name="QueryScalar">Scores are divided by its root (query_pre_attn_scalar).</param>
/// <param name="SoftCap">What scores are squeezed below (attn_logit_softcapping).</param>
/// <param name="Window">How many keys a query of the even layers sees, itself included.</param>
public sealed record Gemma2Config(
    int Vocabulary, int Width, int MlpWidth, int Layers, int Heads, int KeyHeads, int HeadDim, double QueryScalar, double SoftCap,
    int Window, double NormEps, double RopeTheta)
{
    /// <exception cref="CheckpointException">It is no Gemma-2; the value is named.</exception>
    public static Gemma2Config Read(ModelConfig json)
    {
        json.OneOf("model_type", "\"gemma2\"");
        json.OneOf("hidden_activation", "\"gelu_pytorch_tanh\"");
        json.OneOf("attention_bias", "false");
        return new(
            json.Integer("vocab_size"), json.Integer("hidden_size"), json.Integer("intermediate_size"), json.Integer("num_hidden_layers"),
            json.Integer("num_attention_heads"), json.Integer("num_key_value_heads"), json.Integer("head_dim"),
            json.Number("query_pre_attn_scalar"), json.Number("attn_logit_softcapping"), json.Integer("sliding_window"),
            json.Number("rms_norm_eps"), json.Number("rope_theta"));
    }
}

/// <summary>
/// Gemma-2 (arXiv 2408.00118) as transformers computes it, without its head: SANA takes the last hidden state for the text.
/// B: batch, L: tokens, D: width.
/// </summary>
public sealed class Gemma2 : IDisposable
{
    private readonly Weights _weights;
    private readonly bool _softCap;
    private readonly Tensor _embedTokens;
    private readonly Gemma2Layer[] _layers;
    private readonly GemmaNorm _norm;

    /// <summary>Takes its parameters from the weights, which it owns from then on.</summary>
    /// <param name="softCap">Whether scores are capped: transformers' eager attention does, its sdpa, the default, does not.</param>
    public Gemma2(Gemma2Config config, Weights w, bool softCap)
    {
        (Config, _weights, _softCap) = (config, w, softCap);
        _embedTokens = w.Get("embed_tokens.weight", config.Vocabulary, config.Width);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Gemma2Layer(w.In($"layers.{i}"), config))];
        _norm = new(w, "norm", config);
    }

    public Gemma2Config Config { get; }

    /// <summary>By their names in the network; whoever trains lets them require gradients.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _weights.Tensors;

    /// <exception cref="CheckpointException">The folder's checkpoint is not sound, or not of its config.json.</exception>
    public static Gemma2 Load(string folder, ScalarType type, Device device, bool softCap, string? variant = null)
    {
        var json = ModelConfig.Read(Path.Combine(folder, "config.json"));
        var config = Gemma2Config.Read(json);
        json.RefuseOthers(
            "architectures", "attention_dropout", "bos_token_id", "cache_implementation", "eos_token_id", "final_logit_softcapping", "hidden_act",
            "initializer_range", "max_position_embeddings", "pad_token_id", "torch_dtype", "transformers_version", "use_cache");
        using var checkpoint = Checkpoint.Open(folder, variant);
        var network = new Gemma2(config, Weights.Of(checkpoint, type, device, Name), softCap);
        network._weights.Complete();
        return network;
    }

    /// <summary>The last hidden state after the last norm.</summary>
    /// <param name="ids">int64, [B, L]</param>
    /// <param name="mask">1 for a token, 0 for padding, which stands on the right; [B, L].</param>
    /// <returns>[B, L, D]; rows at padding hold no meaning.</returns>
    public Tensor Forward(Tensor ids, Tensor mask, Watch? watch = null)
    {
        using var scope = NewDisposeScope();
        var type = _embedTokens.dtype;
        var x = _embedTokens.Embed(ids) * full([1], Math.Sqrt(Config.Width), type, _embedTokens.device); // [B, L, D]
        watch?.Invoke("embeddings_scaled", x);
        var places = arange(ids.shape[1], dtype: float32, device: ids.device);
        var (cos, sin) = Rotary.Table(places, Config.HeadDim, Config.RopeTheta, type); // [L, head dim]
        var seen = ones([ids.shape[1], ids.shape[1]], @bool, ids.device).tril() & mask.to(@bool).unsqueeze(1).unsqueeze(1); // [B, 1, L, L]
        var near = seen & ones([ids.shape[1], ids.shape[1]], @bool, ids.device).triu(1 - Config.Window);
        var (all, window) = (Bias(seen, type), Bias(near, type));
        for (var i = 0; i < _layers.Length; i++)
        {
            using var before = x;
            x = _layers[i].Forward(before, i % 2 == 0 ? window : all, cos, sin, _softCap, watch, i);
        }

        return _norm.Forward(x).MoveToOuterDisposeScope();
    }

    public void Dispose() => _weights.Dispose();

    /// <summary>0 where a key is seen, else the lowest number, so that a row that sees nothing sees all alike.</summary>
    private static Tensor Bias(Tensor seen, ScalarType type) =>
        zeros_like(seen, type).masked_fill(seen.logical_not(), finfo(type).min);

    /// <summary>A model saved with its head has a prefix, and the head, which is the embedding once more.</summary>
    internal static string? Name(string name) => name == "lm_head.weight" ? null
        : name.StartsWith("model.", StringComparison.Ordinal) ? name["model.".Length..] : name;
}

/// <summary>Attention and a gated perceptron, each between two norms.</summary>
internal sealed class Gemma2Layer(Weights w, Gemma2Config config)
{
    private readonly GemmaNorm _inputNorm = new(w, "input_layernorm", config);
    private readonly Linear _q = w.Linear("self_attn.q_proj", config.Width, config.Heads * config.HeadDim, bias: false);
    private readonly Linear _k = w.Linear("self_attn.k_proj", config.Width, config.KeyHeads * config.HeadDim, bias: false);
    private readonly Linear _v = w.Linear("self_attn.v_proj", config.Width, config.KeyHeads * config.HeadDim, bias: false);
    private readonly Linear _o = w.Linear("self_attn.o_proj", config.Heads * config.HeadDim, config.Width, bias: false);
    private readonly GemmaNorm _postAttentionNorm = new(w, "post_attention_layernorm", config);
    private readonly GemmaNorm _preFeedForwardNorm = new(w, "pre_feedforward_layernorm", config);
    private readonly Linear _gate = w.Linear("mlp.gate_proj", config.Width, config.MlpWidth, bias: false);
    private readonly Linear _up = w.Linear("mlp.up_proj", config.Width, config.MlpWidth, bias: false);
    private readonly Linear _down = w.Linear("mlp.down_proj", config.MlpWidth, config.Width, bias: false);
    private readonly GemmaNorm _postFeedForwardNorm = new(w, "post_feedforward_layernorm", config);

    /// <param name="bias">Added to the scores, [B, 1, L, L].</param>
    public Tensor Forward(Tensor x, Tensor bias, Tensor cos, Tensor sin, bool softCap, Watch? watch, int index)
    {
        using var scope = NewDisposeScope();
        var attended = Attend(_inputNorm.Forward(x), bias, cos, sin, softCap);
        watch?.Invoke($"l{index:00}.self_attn", attended);
        x = x + _postAttentionNorm.Forward(attended);
        var normed = _preFeedForwardNorm.Forward(x);
        var fed = _down.Forward(_gate.Forward(normed).GeluTanh() * _up.Forward(normed));
        watch?.Invoke($"l{index:00}.mlp", fed);
        x = x + _postFeedForwardNorm.Forward(fed);
        watch?.Invoke($"l{index:00}.output", x);
        return x.MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor x, Tensor bias, Tensor cos, Tensor sin, bool softCap)
    {
        var q = Rotary.Apply(_q.Forward(x).unflatten(2, config.Heads, config.HeadDim).transpose(1, 2), cos, sin); // [B, heads, L, head dim]
        var k = Rotary.Apply(Keys(_k.Forward(x)), cos, sin).repeat_interleave(config.Heads / config.KeyHeads, 1);
        var v = Keys(_v.Forward(x)).repeat_interleave(config.Heads / config.KeyHeads, 1);
        var attended = softCap ? Capped(q, k, v, bias) : functional.scaled_dot_product_attention(Scaled(q), k, v, bias);
        return _o.Forward(attended.transpose(1, 2).flatten(2, 3));
    }

    private Tensor Keys(Tensor x) => x.unflatten(2, config.KeyHeads, config.HeadDim).transpose(1, 2);

    /// <summary>The operator divides by the root of the head's dimension; what is published is the same, what may be is not.</summary>
    private Tensor Scaled(Tensor q) => config.QueryScalar.Equals(config.HeadDim) ? q : q * Math.Sqrt(config.HeadDim / config.QueryScalar);

    private Tensor Capped(Tensor q, Tensor k, Tensor v, Tensor bias)
    {
        var scores = q.matmul(k.transpose(2, 3)) * (1 / Math.Sqrt(config.QueryScalar));
        scores = ((scores / config.SoftCap).tanh() * config.SoftCap) + bias;
        return functional.softmax(scores, -1, float32).to(q.dtype).matmul(v);
    }
}

/// <summary>RMSNorm whose weight is what is added to 1, all of it in fp32.</summary>
internal sealed class GemmaNorm(Weights w, string name, Gemma2Config config)
{
    private readonly Tensor _weight = w.Get($"{name}.weight", config.Width);

    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var wide = x.to(float32);
        var normed = wide * (wide.pow(2).mean([-1], keepdim: true) + config.NormEps).rsqrt();
        return (normed * (_weight.to(float32) + 1)).to(x.dtype).MoveToOuterDisposeScope();
    }
}
