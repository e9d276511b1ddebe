using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>What transformer/config.json says of Reflect-DiT's transformer, besides what it says of SANA's.</summary>
/// <param name="VisionDim">Width of the vision encoder.</param>
/// <param name="ContextLayers">Blocks of the Context Transformer.</param>
public sealed record ReflectConfig(SanaConfig Sana, int VisionDim, int ContextLayers)
{
    /// <exception cref="CheckpointException">It is none of the published kinds; the value is named.</exception>
    public static ReflectConfig Read(ModelConfig json)
    {
        json.OneOf("reflection", "true");
        json.OneOf("reflection_mode", "\"vanilla\"");
        json.OneOf("context_qk_norm", "null");
        return new(SanaConfig.Read(json), json.Integer("vision_feature_dim"), json.Integer("num_reflection_transformer_layers"));
    }
}

/// <summary>
/// What the rows of one call of the released code are conditioned on: pairs of an image and a feedback, and which of them
/// each row sees. With guidance the rows are two, the first of them dropped.
/// </summary>
/// <param name="Images">[pairs, image tokens, vision width]</param>
/// <param name="Texts">The text encoder's last hidden state, [pairs, text tokens, caption channels].</param>
/// <param name="TextMask">1 for a token, 0 for padding behind it, [pairs, text tokens].</param>
/// <param name="Rows">Of each row, the pairs that it sees, in order.</param>
/// <param name="Dropped">Of each row, whether it is to see none; null for none of them.</param>
public sealed record ReflectionContext(
    Tensor Images, Tensor Texts, Tensor TextMask, IReadOnlyList<IReadOnlyList<int>> Rows, IReadOnlyList<bool>? Dropped);

/// <summary>A context in the transformer's width: the same at every step.</summary>
/// <param name="Tokens">The rows, padded with zeros to the longest, [rows, L, D].</param>
/// <param name="Lengths">How much of each row is no padding.</param>
public sealed record EmbeddedContext(Tensor Tokens, IReadOnlyList<int> Lengths) : IDisposable
{
    public void Dispose() => Tokens.Dispose();
}

/// <summary>
/// Reflect-DiT (arXiv 2503.12271): SANA's transformer, whose cross-attention sees behind the prompt what the Context
/// Transformer makes of past images and their feedback. By the released code, whose quirks are switches.
/// B: batch, L: context tokens, D: width.
/// </summary>
public sealed class ReflectTransformer : IDisposable
{
    /// <summary>So many tokens of text has a context that was dropped.</summary>
    internal const int ZeroTextTokens = 4;

    private readonly Weights _weights;
    private readonly TextProjection _clipProjection;
    private readonly RmsNorm _clipNorm;
    private readonly TextProjection _textProjection;
    private readonly RmsNorm _textNorm;
    private readonly ContextBlock[] _blocks;
    private readonly RmsNorm _norm;
    private readonly RotaryPositions _rope;

    /// <summary>Takes its parameters from the weights, which it owns from then on.</summary>
    public ReflectTransformer(ReflectConfig config, Weights w, ReflectionQuirks quirks)
    {
        (Config, _weights, Quirks) = (config, w, quirks);
        var width = config.Sana.Width;
        Sana = new(config.Sana, w);
        _clipProjection = new(w.In("clip_projection"), config.VisionDim, width);
        _clipNorm = w.RmsNorm("clip_norm", width, eps: 1e-5);
        _textProjection = new(w.In("reflection_text_projection"), config.Sana.CaptionChannels, width);
        _textNorm = w.RmsNorm("reflection_text_norm", width, eps: 1e-5);
        _blocks = [.. Enumerable.Range(0, config.ContextLayers)
            .Select(i => new ContextBlock(w.In($"reflection_transformer.{i}"), config.Sana))];
        _norm = w.RmsNorm("reflection_norm", width, eps: 1e-5);
        _rope = new(config.Sana.CrossHeadDim, quirks.RopeRounded);
    }

    public ReflectConfig Config { get; }

    public ReflectionQuirks Quirks { get; }

    /// <summary>What is left of it without context.</summary>
    internal SanaTransformer Sana { get; }

    /// <summary>By their names in the checkpoint.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _weights.Tensors;

    /// <exception cref="CheckpointException">The folder's checkpoint is not sound, or not of its config.json.</exception>
    public static ReflectTransformer Load(
        string folder, ScalarType type, Device device, ReflectionQuirks quirks, string? variant = null)
    {
        var json = ModelConfig.Read(Path.Combine(folder, "config.json"));
        var config = ReflectConfig.Read(json);
        json.RefuseOthers("guidance_embeds_scale");
        using var checkpoint = Checkpoint.Open(folder, variant);
        var w = Weights.Of(checkpoint, type, device);
        var network = new ReflectTransformer(config, w, quirks);
        w.Complete();
        return network;
    }

    /// <summary>Images and texts in the transformer's width, in a row of tokens for each row of the batch.</summary>
    public EmbeddedContext Embed(ReflectionContext context, Watch? watch = null)
    {
        using var scope = NewDisposeScope();
        var images = _clipProjection.Forward(context.Images); // [pairs, image tokens, D]
        watch?.Invoke("reflect.clip_projection", images);
        images = _clipNorm.Forward(images);
        watch?.Invoke("reflect.clip_norm", images);
        var texts = _textProjection.Forward(context.Texts); // [pairs, text tokens, D]
        watch?.Invoke("reflect.text_projection", texts);
        texts = _textNorm.Forward(texts);
        watch?.Invoke("reflect.text_norm", texts);

        var lengths = context.TextMask.sum(-1).cpu().data<long>().ToArray();
        var rows = context.Rows.Select((pairs, row) => context.Dropped is null || !context.Dropped[row]
            ? cat([.. pairs.SelectMany(i => new[] { images[i], texts[i].narrow(0, 0, lengths[i]) })], dim: 0) // [tokens, D]
            : zeros(Quirks.ZeroContext ? images.shape[1] + ZeroTextTokens : 0, images.shape[2], images.dtype, images.device)).ToList();
        var longest = rows.Max(row => row.shape[0]);
        var tokens = stack(rows.Select(row => functional.pad(row, [0, 0, 0, longest - row.shape[0]])), dim: 0); // [rows, L, D]
        watch?.Invoke("reflect.context", tokens);
        return new(tokens.DetachFromDisposeScope(), [.. rows.Select(row => (int)row.shape[0])]);
    }

    /// <summary>The flow's velocity at a latent.</summary>
    /// <param name="latent">[B, in channels, height, width]</param>
    /// <param name="prompt">The text encoder's last hidden state, [B, prompt tokens, caption channels].</param>
    /// <param name="promptMask">1 for a token, 0 for padding, [B, prompt tokens].</param>
    /// <param name="timestep">fp32, [B].</param>
    /// <param name="contexts">
    /// Each is computed as if it were alone, and takes as many rows of the batch as the others: the first row of each, then
    /// the second of each. None of them: the prompt alone.
    /// </param>
    /// <param name="padTo">Keys for contexts in the cross-attention, where there are to be more than the longest has tokens.</param>
    /// <returns>[B, out channels, height, width]</returns>
    public Tensor Forward(
        Tensor latent, Tensor prompt, Tensor promptMask, Tensor timestep, IReadOnlyList<EmbeddedContext> contexts,
        int padTo = 0, Watch? watch = null)
    {
        using var scope = NewDisposeScope();
        var time = Sana.EmbedTime(timestep, latent.dtype, watch);
        var text = Sana.EmbedPrompt(prompt, watch);
        var mask = promptMask.to(int64);
        if (contexts.Count > 0)
        {
            var longest = Math.Max(padTo, contexts.Max(c => c.Tokens.shape[1]));
            var done = contexts
                .Select((context, i) => Reflect(context, RowsOf(time.Modulation, i, contexts.Count), longest, watch)).ToList();
            text = cat([text, Interleaved(done.Select(d => d.Tokens))], dim: 1); // [B, prompt tokens + L, D]
            mask = cat([mask, Interleaved(done.Select(d => d.Mask))], dim: 1);
            watch?.Invoke("encoder_hidden_states", text);
            watch?.Invoke("encoder_attention_mask", mask);
        }

        return Sana.Denoise(latent, text, mask.to(@bool).unsqueeze(1).unsqueeze(1), time, watch).MoveToOuterDisposeScope();
    }

    public void Dispose() => Sana.Dispose();

    /// <summary>Of a batch that holds the first rows of all, then the second, those of one.</summary>
    private static Tensor RowsOf(Tensor batch, int index, int count) => batch.unflatten(0, -1, count)[.., index];

    private static Tensor Interleaved(IEnumerable<Tensor> groups) => stack(groups, dim: 1).flatten(0, 1);

    /// <summary>The Context Transformer on one context, and which of its tokens the cross-attention sees.</summary>
    private (Tensor Tokens, Tensor Mask) Reflect(EmbeddedContext context, Tensor modulation, long padTo, Watch? watch)
    {
        var (x, length) = (context.Tokens, context.Tokens.shape[1]);
        var (cos, sin) = _rope.At((int)length, Quirks.RopeInType ? x.dtype : float32, x.device); // [1, L, head dim]
        watch?.Invoke("reflect.rope_cos", cos);
        watch?.Invoke("reflect.rope_sin", sin);
        var mask = stack(context.Lengths.Select(n => arange(length, device: x.device) < n), dim: 0).to(int64); // [rows, L]
        watch?.Invoke("reflect.context_mask", mask);
        // A row of nothing but padding attends to it: what comes of that nobody sees.
        var attended = Quirks.ContextIgnoresMask ? null : (mask.to(@bool) | (mask.sum(1, keepdim: true) == 0)).unsqueeze(1).unsqueeze(1);
        for (var i = 0; i < _blocks.Length; i++)
            x = _blocks[i].Forward(x, modulation, cos, sin, attended, watch, i);
        x = _norm.Forward(x);
        watch?.Invoke("reflect.reflection_norm", x);
        if (Quirks.LastKeyMasked && length > 0)
            mask = cat([mask.narrow(1, 0, length - 1), zeros_like(mask.narrow(1, length - 1, 1))], dim: 1);
        return (functional.pad(x, [0, 0, 0, padTo - length]), functional.pad(mask, [0, padTo - length]));
    }
}

/// <summary>A block of the Context Transformer: modulated like SANA's, softmax attention with rotary positions, SwiGLU.</summary>
internal sealed class ContextBlock(Weights w, SanaConfig config)
{
    private readonly Tensor _scaleShiftTable = w.Get("scale_shift_table", 6, config.Width);
    private readonly LayerNorm _norm = new(null, null, config.Width, config.NormEps);
    private readonly Linear _toQ = w.Linear("attn1.to_q", config.Width, config.Width, bias: false);
    private readonly Linear _toK = w.Linear("attn1.to_k", config.Width, config.Width, bias: false);
    private readonly Linear _toV = w.Linear("attn1.to_v", config.Width, config.Width, bias: false);
    private readonly Linear _toOut = w.Linear("attn1.to_out.0", config.Width, config.Width);
    private readonly Linear _gateProj = w.Linear("ff.gate_proj", config.Width, (int)(config.Width * config.MlpRatio), bias: false);
    private readonly Linear _upProj = w.Linear("ff.up_proj", config.Width, (int)(config.Width * config.MlpRatio), bias: false);
    private readonly Linear _downProj = w.Linear("ff.down_proj", (int)(config.Width * config.MlpRatio), config.Width, bias: false);

    /// <param name="mask">True for the keys that count, [B, 1, 1, L]; null for all.</param>
    public Tensor Forward(Tensor x, Tensor modulation, Tensor cos, Tensor sin, Tensor? mask, Watch? watch, int index)
    {
        using var scope = NewDisposeScope();
        var six = (_scaleShiftTable.unsqueeze(0) + modulation.reshape(x.shape[0], 6, -1)).chunk(6, dim: 1); // each [B, 1, D]
        x = x + (six[2] * Attend((_norm.Forward(x) * (1 + six[1])) + six[0], cos, sin, mask));
        watch?.Invoke($"reflect.b{index:00}.after_self_attention", x);
        var normed = (_norm.Forward(x) * (1 + six[4])) + six[3];
        x = x + (six[5] * _downProj.Forward(functional.silu(_gateProj.Forward(normed)) * _upProj.Forward(normed)));
        watch?.Invoke($"reflect.b{index:00}.output", x);
        return x.MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor x, Tensor cos, Tensor sin, Tensor? mask)
    {
        var (q, k, v) = (Heads(_toQ.Forward(x)), Heads(_toK.Forward(x)), Heads(_toV.Forward(x))); // [B, heads, L, head dim]
        var attended = functional.scaled_dot_product_attention(
            Rotary.Apply(q, cos, sin).to(x.dtype), Rotary.Apply(k, cos, sin).to(x.dtype), v, mask);
        return _toOut.Forward(attended.transpose(1, 2).flatten(2, 3));
    }

    private Tensor Heads(Tensor x) => x.unflatten(2, -1, config.CrossHeadDim).transpose(1, 2);
}

/// <summary>The rotary positions of Llama 3.1, whose low frequencies are slowed down.</summary>
internal sealed class RotaryPositions(int headDim, bool rounded)
{
    private const double Theta = 500_000;
    private const double Factor = 8;
    private const double LowFrequency = 1;
    private const double HighFrequency = 4;
    private const double OriginalLength = 2048;

    /// <returns>Cosines and sines of the positions 0 to length - 1, each [1, length, head dim].</returns>
    public (Tensor Cos, Tensor Sin) At(int length, ScalarType type, Device device)
    {
        using var scope = NewDisposeScope();
        var angles = arange(length, dtype: float32).unsqueeze(1) * InverseFrequencies().unsqueeze(0); // [length, head dim / 2]
        var both = cat([angles, angles], dim: -1).unsqueeze(0);
        return (both.cos().to(type, device).MoveToOuterDisposeScope(), both.sin().to(type, device).MoveToOuterDisposeScope());
    }

    /// <summary>In fp32, operator by operator as published: a rounding to bf16 may follow, which no last bit may tip.</summary>
    private Tensor InverseFrequencies()
    {
        var plain = Rotary.Frequencies(headDim, Theta, CPU);
        var length = plain.reciprocal() * (2 * Math.PI); // of a wave, in positions
        var slowed = where(length > OriginalLength / LowFrequency, plain / Factor, plain);
        var smooth = ((length.reciprocal() * OriginalLength) - LowFrequency) / (HighFrequency - LowFrequency);
        var between = ((1 - smooth) * slowed / Factor) + (smooth * slowed);
        var isBetween = (length >= OriginalLength / HighFrequency) & (length <= OriginalLength / LowFrequency);
        var frequencies = where(isBetween, between, slowed);
        return rounded ? frequencies.to(bfloat16).to(float32) : frequencies;
    }
}
