using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>
/// Qwen2.5-VL's vision tower: most blocks attend within windows. The patches are sorted by window before the first block,
/// and the tokens that 2 x 2 of them are merged to are sorted back. N: patches of all images, D: width.
/// </summary>
internal sealed class QwenVision(Weights w, QwenConfig config)
{
    private const int Unit = QwenImage.Merge * QwenImage.Merge;
    private const double NormEps = 1e-6;
    private const double RopeTheta = 10000;

    private readonly QwenVisionConfig _config = config.Vision;
    private readonly Tensor _patchEmbed =
        w.Get("patch_embed.proj.weight", config.Vision.Width, 3, QwenImage.Frames, config.Vision.Patch, config.Vision.Patch);
    private readonly QwenVisionBlock[] _blocks =
        [.. Enumerable.Range(0, config.Vision.Layers).Select(i => new QwenVisionBlock(w.In($"blocks.{i}"), config.Vision))];
    private readonly RmsNorm _mergerNorm = w.RmsNorm("merger.ln_q", config.Vision.Width, NormEps);
    private readonly Linear _merger0 = w.Linear("merger.mlp.0", Unit * config.Vision.Width, Unit * config.Vision.Width);
    private readonly Linear _merger2 = w.Linear("merger.mlp.2", Unit * config.Vision.Width, config.Width);

    /// <returns>The images' tokens one behind the other, [N / 4, width of the text].</returns>
    public Tensor Forward(IReadOnlyList<QwenPatches> images, Watch? watch)
    {
        using var scope = NewDisposeScope();
        var (type, device) = (_patchEmbed.dtype, _patchEmbed.device);
        var kernel = _patchEmbed.flatten(1); // [D, values of a patch]
        var pixels = cat([.. images.Select(image => tensor(image.Patches).view(-1, kernel.shape[1]))], 0);
        var x = functional.linear(pixels.to(type, device), kernel); // [N, D]
        watch?.Invoke("patch_embed", x);
        var grids = images.Select(image => (image.GridHeight / QwenImage.Merge, image.GridWidth / QwenImage.Merge)).ToList();
        var windows = QwenWindows.Of(grids, _config.Window);
        var order = tensor(windows.Order, device: device);
        watch?.Invoke("window_index", order);
        var lengths = windows.Lengths.Select(length => length * Unit).ToList();
        watch?.Invoke("cu_window_seqlens", tensor(lengths.CumulativeSum().Prepend(0).Select(sum => (long)sum).ToArray()));
        x = Sorted(x, order);
        var (cos, sin) = Rotations(images, device);
        (cos, sin) = (Sorted(cos, order), Sorted(sin, order)); // [N, head dim], fp32
        watch?.Invoke("vision_cos", cos);
        watch?.Invoke("vision_sin", sin);
        var near = Segments.Of(lengths, device);
        var all = Segments.Of([.. images.Select(image => image.GridHeight * image.GridWidth)], device);
        for (var i = 0; i < _blocks.Length; i++)
        {
            using var before = x;
            x = _blocks[i].Forward(before, _config.FullBlocks.Contains(i) ? all : near, cos, sin);
            watch?.Invoke($"vision_block.{i}", x);
        }

        x = _merger2.Forward(functional.gelu(_merger0.Forward(_mergerNorm.Forward(x).view(-1, Unit * _config.Width))));
        watch?.Invoke("merger", x);
        x = x.index_select(0, order.argsort());
        watch?.Invoke("image_embeds", x);
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Puts the groups of four patches into an order.</summary>
    private static Tensor Sorted(Tensor x, Tensor order) => x.unflatten(0, -1, Unit).index_select(0, order).flatten(0, 1);

    /// <summary>Half of the frequencies turns by the patch's row, half by its column.</summary>
    private (Tensor Cos, Tensor Sin) Rotations(IReadOnlyList<QwenPatches> images, Device device)
    {
        var places = images.SelectMany(image => Places(image.GridHeight, image.GridWidth)).ToArray();
        var frequencies = Rotary.Frequencies(_config.Width / _config.Heads / 2, RopeTheta, device);
        var angles = (tensor(places, device: device).view(-1, 2, 1) * frequencies).flatten(1); // [N, head dim / 2]
        angles = cat([angles, angles], -1);
        return (angles.cos(), angles.sin());
    }

    /// <summary>Row and column of each patch, in squares of 2 x 2.</summary>
    private static IEnumerable<float> Places(int height, int width)
    {
        for (var block = 0; block < height * width / Unit; block++)
        {
            var (top, left) = (block / (width / QwenImage.Merge) * QwenImage.Merge, block % (width / QwenImage.Merge) * QwenImage.Merge);
            for (var i = 0; i < Unit; i++)
            {
                yield return top + (i / QwenImage.Merge);
                yield return left + (i % QwenImage.Merge);
            }
        }
    }
}

/// <summary>The tokens of some images sorted by windows, which an image's right and lower edge cut.</summary>
/// <param name="Order">The token that comes at each place.</param>
/// <param name="Lengths">Tokens of each window.</param>
internal sealed record QwenWindows(long[] Order, int[] Lengths)
{
    /// <param name="grids">Tokens from top to bottom and from left to right, of each image.</param>
    /// <param name="side">Tokens a side of a window.</param>
    public static QwenWindows Of(IReadOnlyList<(int Height, int Width)> grids, int side)
    {
        var (order, lengths, first) = (new List<long>(), new List<int>(), 0L);
        foreach (var (height, width) in grids)
        {
            for (var top = 0; top < height; top += side)
            {
                for (var left = 0; left < width; left += side)
                {
                    var before = order.Count;
                    for (var y = top; y < Math.Min(height, top + side); y++)
                    {
                        for (var x = left; x < Math.Min(width, left + side); x++)
                            order.Add(first + (y * width) + x);
                    }

                    lengths.Add(order.Count - before);
                }
            }

            first += height * width;
        }

        return new([.. order], [.. lengths]);
    }
}

/// <summary>Stretches of a sequence that attend within themselves; those of one length are computed together.</summary>
/// <param name="Rows">Of each length the places of the stretches, [stretches, length].</param>
internal sealed record Segments(IReadOnlyList<Tensor> Rows)
{
    /// <param name="lengths">Of the stretches one behind the other.</param>
    public static Segments Of(IReadOnlyList<int> lengths, Device device)
    {
        var starts = lengths.CumulativeSum().Prepend(0).SkipLast(1);
        return new([.. lengths.Zip(starts).GroupBy(stretch => stretch.First).Select(group => tensor(
            group.SelectMany(stretch => Enumerable.Range(stretch.Second, stretch.First).Select(place => (long)place)).ToArray(),
            [group.Count(), group.Key], device: device))]);
    }

    /// <param name="q">[heads, N, head dim], as are the others and the result.</param>
    public Tensor Attend(Tensor q, Tensor k, Tensor v)
    {
        var result = empty_like(q);
        foreach (var rows in Rows)
        {
            var flat = rows.flatten();
            result.index_copy_(1, flat, functional.scaled_dot_product_attention(Of(q), Of(k), Of(v)).transpose(0, 1).flatten(1, 2));

            Tensor Of(Tensor x) => x.index_select(1, flat).unflatten(1, rows.shape).transpose(0, 1); // [stretches, heads, length, head dim]
        }

        return result;
    }
}

internal sealed class QwenVisionBlock(Weights w, QwenVisionConfig config)
{
    private readonly RmsNorm _norm1 = w.RmsNorm("norm1", config.Width, eps: 1e-6);
    private readonly Linear _qkv = w.Linear("attn.qkv", config.Width, 3 * config.Width);
    private readonly Linear _proj = w.Linear("attn.proj", config.Width, config.Width);
    private readonly RmsNorm _norm2 = w.RmsNorm("norm2", config.Width, eps: 1e-6);
    private readonly QwenMlp _mlp = new(w.In("mlp"), config.Width, config.MlpWidth, bias: true);

    /// <param name="x">[N, D]</param>
    /// <param name="cos">fp32: the rotation is computed in it whatever the network's type.</param>
    public Tensor Forward(Tensor x, Segments segments, Tensor cos, Tensor sin)
    {
        using var scope = NewDisposeScope();
        x = x + Attended(x, segments, cos, sin);
        return (x + _mlp.Forward(_norm2.Forward(x))).MoveToOuterDisposeScope();
    }

    private Tensor Attended(Tensor x, Segments segments, Tensor cos, Tensor sin)
    {
        using var scope = NewDisposeScope();
        var qkv = _qkv.Forward(_norm1.Forward(x))
            .unflatten(1, 3, config.Heads, config.Width / config.Heads).permute(1, 2, 0, 3); // [3, heads, N, head dim]
        var attended = segments.Attend(Rotated(qkv[0]), Rotated(qkv[1]), qkv[2]);
        return _proj.Forward(attended.transpose(0, 1).flatten(1, 2)).MoveToOuterDisposeScope();

        Tensor Rotated(Tensor heads) => Rotary.Apply(heads.to(float32), cos, sin).to(x.dtype);
    }
}

/// <summary>A perceptron with a gate.</summary>
internal sealed class QwenMlp(Weights w, int width, int hidden, bool bias)
{
    private readonly Linear _gate = w.Linear("gate_proj", width, hidden, bias);
    private readonly Linear _up = w.Linear("up_proj", width, hidden, bias);
    private readonly Linear _down = w.Linear("down_proj", hidden, width, bias);

    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return _gate.Forward(x).Then(gate => functional.silu(gate)).Then(gate => gate * _up.Forward(x)).Then(_down.Forward).MoveToOuterDisposeScope();
    }
}

internal static class Sums
{
    /// <summary>The sum up to and with each.</summary>
    public static IEnumerable<int> CumulativeSum(this IEnumerable<int> values)
    {
        var sum = 0;
        foreach (var value in values)
            yield return sum += value;
    }
}
