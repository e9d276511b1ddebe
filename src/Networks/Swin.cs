using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>The shape of a Swin backbone.</summary>
/// <param name="Depths">Blocks of each of the four stages.</param>
/// <param name="Heads">Of each stage.</param>
/// <param name="MergesByPlace">Whether merging puts the channels of one place behind those of another, as in the original
/// and in transformers; mmdet puts the places of one channel behind those of another.</param>
public sealed record SwinConfig(int Width, IReadOnlyList<int> Depths, IReadOnlyList<int> Heads, bool MergesByPlace = false)
{
    /// <summary>Swin-S.</summary>
    public static SwinConfig Small { get; } = new(96, [2, 2, 18, 2], [3, 6, 12, 24]);

    /// <summary>The width of a stage, which is twice that of the one before.</summary>
    public int WidthOf(int stage) => Width << stage;
}

/// <summary>
/// The Swin transformer (arXiv 2103.14030) as mmdet computes it for a detector: windows are padded to be whole and shifted
/// in every odd block, even where the map is smaller than a window; four maps come out. B: batch, N: places, D: width.
/// </summary>
internal sealed class Swin(Weights w, SwinConfig config)
{
    private const int Patch = 4;

    private readonly Conv2d _patchEmbed = w.Conv2d("patch_embed.projection", 3, config.Width, Patch, Patch, padding: 0);
    private readonly LayerNorm _patchNorm = w.LayerNorm("patch_embed.norm", config.Width, eps: 1e-5);
    private readonly SwinBlock[][] _blocks = [.. config.Depths.Select((depth, stage) => Enumerable.Range(0, depth).Select(block =>
        new SwinBlock(w.In($"stages.{stage}.blocks.{block}"), config.WidthOf(stage), config.Heads[stage], shifted: block % 2 == 1)).ToArray())];
    private readonly PatchMerging[] _downsamples = [.. Enumerable.Range(0, config.Depths.Count - 1).Select(stage =>
        new PatchMerging(w.In($"stages.{stage}.downsample"), config.WidthOf(stage), config.MergesByPlace))];
    private readonly LayerNorm[] _norms = [.. config.Depths.Select((_, stage) => w.LayerNorm($"norm{stage}", config.WidthOf(stage), eps: 1e-5))];

    /// <param name="image">[B, 3, height, width]</param>
    /// <returns>Maps of stride 4, 8, 16 and 32, each [B, D, height, width].</returns>
    public IReadOnlyList<Tensor> Forward(Tensor image, Watch? watch)
    {
        var x = _patchEmbed.Forward(PadTo(image, Patch));
        var (height, width) = (x.shape[2], x.shape[3]);
        x = _patchNorm.Forward(x.flatten(2).transpose(1, 2)); // [B, N, D]
        watch?.Invoke("patch_embed", x);
        var maps = new List<Tensor>();
        for (var stage = 0; stage < _blocks.Length; stage++)
        {
            for (var block = 0; block < _blocks[stage].Length; block++)
            {
                x = _blocks[stage][block].Forward(x, height, width);
                watch?.Invoke($"swin.{stage}.block.{block}", x);
            }

            maps.Add(_norms[stage].Forward(x).transpose(1, 2).unflatten(2, height, width).contiguous());
            if (stage == _downsamples.Length)
                break;
            (x, height, width) = (_downsamples[stage].Forward(x, height, width), (height + 1) / 2, (width + 1) / 2);
            watch?.Invoke($"swin.{stage}.downsample", x);
        }

        for (var stage = 0; stage < maps.Count; stage++)
            watch?.Invoke($"swin_out.{stage}", maps[stage]);
        return maps;
    }

    /// <summary>Zeros on the right and below, up to a multiple.</summary>
    /// <param name="x">[B, D, height, width]</param>
    internal static Tensor PadTo(Tensor x, long multiple)
    {
        var (right, below) = ((multiple - (x.shape[3] % multiple)) % multiple, (multiple - (x.shape[2] % multiple)) % multiple);
        return right + below == 0 ? x : functional.pad(x, [0, right, 0, below]);
    }
}

/// <summary>Attention within windows of 7 x 7 and a perceptron, each behind a norm.</summary>
internal sealed class SwinBlock(Weights w, int width, int heads, bool shifted)
{
    private const int Window = 7;
    private const int Shift = Window / 2;
    private const int Area = Window * Window;

    private readonly LayerNorm _norm1 = w.LayerNorm("norm1", width, eps: 1e-5);
    private readonly Linear[] _qkv = w.Has("attn.w_msa.query.weight")
        ? [w.Linear("attn.w_msa.query", width, width), w.Linear("attn.w_msa.key", width, width), w.Linear("attn.w_msa.value", width, width)]
        : [w.Linear("attn.w_msa.qkv", width, 3 * width)];
    private readonly Linear _proj = w.Linear("attn.w_msa.proj", width, width);
    private readonly Tensor _biasTable = w.Get("attn.w_msa.relative_position_bias_table", (2 * Window - 1) * (2 * Window - 1), heads);
    private readonly LayerNorm _norm2 = w.LayerNorm("norm2", width, eps: 1e-5);
    private readonly Linear _fc1 = w.Linear("ffn.layers.0.0", width, 4 * width);
    private readonly Linear _fc2 = w.Linear("ffn.layers.1", 4 * width, width);

    /// <param name="x">[B, N, D]</param>
    public Tensor Forward(Tensor x, long height, long columns)
    {
        using var scope = NewDisposeScope();
        x = x + Attend(_norm1.Forward(x), height, columns);
        return (x + _fc2.Forward(functional.gelu(_fc1.Forward(_norm2.Forward(x))))).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor x, long height, long columns)
    {
        var map = Swin.PadTo(x.transpose(1, 2).unflatten(2, height, columns), Window).permute(0, 2, 3, 1); // [B, height, columns, D]
        var (high, wide) = (map.shape[1], map.shape[2]);
        var bias = _biasTable.index_select(0, RelativeIndex(x.device)).view(Area, Area, heads).permute(2, 0, 1).unsqueeze(0); // [1, heads, 49, 49]
        if (shifted)
        {
            map = map.roll([-Shift, -Shift], [1, 2]);
            // What the shift brought together from two edges of the map does not see each other.
            var region = Windows(Regions(high, wide, x.device)).squeeze(-1); // [windows, 49]
            var apart = (region.unsqueeze(1) != region.unsqueeze(2)).to(x.dtype) * -100.0; // [windows, 49, 49]
            bias = bias + apart.repeat(x.shape[0], 1, 1).unsqueeze(1);
        }

        var windows = Windows(map); // [B × windows, 49, D]
        var qkv = cat([.. _qkv.Select(linear => linear.Forward(windows))], -1)
            .unflatten(2, 3, heads, width / heads).permute(2, 0, 3, 1, 4); // [3, B × windows, heads, 49, head dim]
        var attended = functional.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], bias.expand(qkv.shape[1], -1, -1, -1));
        var result = _proj.Forward(attended.transpose(1, 2).flatten(2)) // [B × windows, 49, D]
            .view(x.shape[0], high / Window, wide / Window, Window, Window, width).permute(0, 1, 3, 2, 4, 5).reshape(x.shape[0], high, wide, width);
        if (shifted)
            result = result.roll([Shift, Shift], [1, 2]);
        return result.narrow(1, 0, height).narrow(2, 0, columns).flatten(1, 2);
    }

    /// <returns>[B × windows, 49, D]</returns>
    private static Tensor Windows(Tensor map) =>
        map.unflatten(1, -1, Window).unflatten(3, -1, Window).permute(0, 1, 3, 2, 4, 5).flatten(0, 2).flatten(1, 2);

    /// <summary>Which of nine regions a place of the shifted map comes from, [1, height, width, 1].</summary>
    private static Tensor Regions(long height, long width, Device device)
    {
        return (Bands(height).unsqueeze(1) * 3 + Bands(width)).unsqueeze(0).unsqueeze(-1);

        Tensor Bands(long size)
        {
            var at = arange(size, device: device);
            return (at >= size - Window).to(int64) + (at >= size - Shift).to(int64);
        }
    }

    /// <summary>Of each pair of places in a window the row of the table, [49 × 49].</summary>
    private static Tensor RelativeIndex(Device device)
    {
        var index = new long[Area * Area];
        for (var i = 0; i < Area; i++)
        {
            for (var j = 0; j < Area; j++)
                index[(i * Area) + j] = ((i / Window - j / Window + Window - 1) * (2 * Window - 1)) + i % Window - j % Window + Window - 1;
        }

        return tensor(index, device: device);
    }
}

/// <summary>2 x 2 places become one of twice the width.</summary>
internal sealed class PatchMerging(Weights w, int width, bool byPlace)
{
    private readonly LayerNorm _norm = w.LayerNorm("norm", 4 * width, eps: 1e-5);
    private readonly Linear _reduction = w.Linear("reduction", 4 * width, 2 * width, bias: false);

    /// <param name="x">[B, N, D]</param>
    /// <returns>[B, N / 4, 2 D]</returns>
    public Tensor Forward(Tensor x, long height, long columns)
    {
        var map = Swin.PadTo(x.transpose(1, 2).unflatten(2, height, columns), 2);
        var four = functional.pixel_unshuffle(map, 2).flatten(2).transpose(1, 2); // [B, N / 4, D × places], row by row
        if (byPlace)
            four = four.unflatten(2, width, 2, 2).permute(0, 1, 4, 3, 2).flatten(2); // column by column
        return _reduction.Forward(_norm.Forward(four));
    }
}
