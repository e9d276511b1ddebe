using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>Keys and values of what has been read so far, [B, key heads, length, head dim] of each layer.</summary>
internal sealed class QwenCache(int layers) : IDisposable
{
    private readonly (Tensor Keys, Tensor Values)?[] _layers = new (Tensor, Tensor)?[layers];

    /// <summary>How much has been read.</summary>
    public long Length => _layers[0]?.Keys.shape[2] ?? 0;

    /// <summary>Puts new keys and values behind those of a layer, and gives all.</summary>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var all = _layers[layer] is { } before ? (cat([before.Keys, keys], 2), cat([before.Values, values], 2)) : (keys.alias(), values.alias());
        Clear(layer);
        _layers[layer] = (all.Item1.DetachFromDisposeScope(), all.Item2.DetachFromDisposeScope());
        return all;
    }

    public void Dispose()
    {
        for (var layer = 0; layer < _layers.Length; layer++)
            Clear(layer);
    }

    private void Clear(int layer)
    {
        _layers[layer]?.Keys.Dispose();
        _layers[layer]?.Values.Dispose();
        _layers[layer] = null;
    }
}

/// <summary>Qwen2.5's layer: attention of many queries to few keys, turned by three positions, and a gated perceptron.</summary>
internal sealed class QwenLayer(Weights w, QwenConfig config)
{
    private readonly RmsNorm _inputNorm = w.RmsNorm("input_layernorm", config.Width, config.NormEps);
    private readonly Linear _q = w.Linear("self_attn.q_proj", config.Width, config.Heads * config.HeadDim);
    private readonly Linear _k = w.Linear("self_attn.k_proj", config.Width, config.KeyHeads * config.HeadDim);
    private readonly Linear _v = w.Linear("self_attn.v_proj", config.Width, config.KeyHeads * config.HeadDim);
    private readonly Linear _o = w.Linear("self_attn.o_proj", config.Heads * config.HeadDim, config.Width, bias: false);
    private readonly RmsNorm _postAttentionNorm = w.RmsNorm("post_attention_layernorm", config.Width, config.NormEps);
    private readonly QwenMlp _mlp = new(w.In("mlp"), config.Width, config.MlpWidth, bias: false);

    /// <param name="x">[B, L, D]</param>
    /// <param name="cos">[B, 1, L, head dim]</param>
    /// <param name="seen">Which keys count, [B, 1, L, length with what is cached].</param>
    public Tensor Forward(Tensor x, Tensor cos, Tensor sin, Tensor seen, QwenCache? cache, int layer)
    {
        using var scope = NewDisposeScope();
        x = x + Attended(x, cos, sin, seen, cache, layer);
        return (x + _mlp.Forward(_postAttentionNorm.Forward(x))).MoveToOuterDisposeScope();
    }

    private Tensor Attended(Tensor x, Tensor cos, Tensor sin, Tensor seen, QwenCache? cache, int layer)
    {
        using var scope = NewDisposeScope();
        var normed = _inputNorm.Forward(x);
        var q = Rotary.Apply(_q.Forward(normed).unflatten(2, config.Heads, config.HeadDim).transpose(1, 2), cos, sin); // [B, heads, L, head dim]
        var k = Rotary.Apply(Keys(_k.Forward(normed)), cos, sin);
        var v = Keys(_v.Forward(normed));
        if (cache is not null)
            (k, v) = cache.Append(layer, k, v);
        var shared = config.Heads / config.KeyHeads;
        var attended = functional.scaled_dot_product_attention(q, k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1), seen);
        return _o.Forward(attended.transpose(1, 2).flatten(2, 3)).MoveToOuterDisposeScope();
    }

    private Tensor Keys(Tensor x) => x.unflatten(2, config.KeyHeads, config.HeadDim).transpose(1, 2);
}

/// <summary>Where each token stands: in time, from top to bottom, from left to right.</summary>
/// <param name="Places">[3, B, L]; 1 at padding.</param>
/// <param name="Offsets">What a place is ahead of the token's index behind the prompt, [B, 1].</param>
internal sealed record QwenPositions(Tensor Places, Tensor Offsets)
{
    /// <param name="ids">[B, L]</param>
    /// <param name="mask">1 for a token, 0 for padding, [B, L].</param>
    /// <param name="grids">Of the images in the order in which they stand in the rows: tokens down and across.</param>
    public static QwenPositions Of(Tensor ids, Tensor mask, IReadOnlyList<(int Height, int Width)> grids, QwenConfig config)
    {
        var (rows, length) = (ids.shape[0], (int)ids.shape[1]);
        var (tokens, counts) = (ids.cpu().data<long>().ToArray(), mask.cpu().data<long>().ToArray());
        var places = Enumerable.Repeat(1L, 3 * tokens.Length).ToArray();
        var offsets = new long[rows];
        var image = 0;
        for (var row = 0; row < rows; row++)
        {
            var next = 0L;
            for (var at = 0; at < length; at++)
            {
                if (counts[(row * length) + at] == 0)
                    continue;
                if (tokens[(row * length) + at] != config.ImageToken)
                {
                    Place(row, at, next, next, next);
                    next++;
                    continue;
                }

                var (height, width) = image < grids.Count ? grids[image++]
                    : throw new ArgumentException($"The prompts have places for more images than the {grids.Count} that are given.");
                for (var i = 0; i < height * width; i++, at++)
                {
                    if (at >= length || tokens[(row * length) + at] != config.ImageToken)
                        throw new ArgumentException($"Image {image} takes {height * width} tokens, its place in the prompt has {i}.");
                    Place(row, at, next, next + (i / width), next + (i % width));
                }

                at--;
                next += Math.Max(height, width);
            }

            offsets[row] = next - length;
        }

        if (image != grids.Count)
            throw new ArgumentException($"The prompts have places for {image} images, {grids.Count} are given.");
        return new(tensor(places, [3, rows, length], device: ids.device), tensor(offsets, [rows, 1], device: ids.device));

        void Place(int row, int at, long time, long down, long across)
        {
            var first = (row * length) + at;
            (places[first], places[tokens.Length + first], places[(2 * tokens.Length) + first]) = (time, down, across);
        }
    }
}
