using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>A convolution and a group norm.</summary>
internal sealed class NormedConv(Weights w, int inputs, int outputs, int groups, int kernel, bool bias)
{
    private readonly Conv2d _conv = w.Conv2d("conv", inputs, outputs, kernel, bias: bias);
    private readonly Tensor _weight = w.Get("gn.weight", outputs);
    private readonly Tensor _bias = w.Get("gn.bias", outputs);

    public Tensor Forward(Tensor x) => functional.group_norm(_conv.Forward(x), groups, _weight, _bias, 1e-5);
}

/// <summary>
/// Mask2Former's pixel decoder: the three coarser maps exchange by deformable attention (arXiv 2010.04159), and the finest
/// one is added for the features that masks are made of. B: batch, N: places of all three maps, D: width.
/// </summary>
internal sealed class PixelDecoder(Weights w, Mask2FormerConfig config)
{
    private readonly NormedConv[] _inputs = [.. Enumerable.Range(0, Mask2FormerConfig.Levels).Select(level =>
        new NormedConv(w.In($"input_convs.{level}"), config.Swin.WidthOf(3 - level), config.Width, config.Groups, kernel: 1, bias: true))];
    private readonly Tensor _levelEncoding = w.Get("level_encoding.weight", Mask2FormerConfig.Levels, config.Width);
    private readonly DeformableLayer[] _layers =
        [.. Enumerable.Range(0, config.EncoderLayers).Select(i => new DeformableLayer(w.In($"encoder.layers.{i}"), config))];
    private readonly NormedConv _lateral = new(w.In("lateral_convs.0"), config.Swin.WidthOf(0), config.Width, config.Groups, kernel: 1, bias: false);
    private readonly NormedConv _output = new(w.In("output_convs.0"), config.Width, config.Width, config.Groups, kernel: 3, bias: false);
    private readonly Conv2d _maskFeature = w.Conv2d("mask_feature", config.Width, config.Width, kernel: 1);

    /// <param name="maps">Of the backbone, the finest first.</param>
    /// <returns>What masks are made of, [B, D, height, width], and the three maps, the coarsest first.</returns>
    public (Tensor MaskFeatures, IReadOnlyList<Tensor> Maps) Forward(IReadOnlyList<Tensor> maps, Watch? watch)
    {
        var levels = _inputs.Select((input, level) => input.Forward(maps[3 - level])).ToList(); // each [B, D, height, width]
        var sizes = levels.Select(level => (Height: level.shape[2], Width: level.shape[3])).ToList();
        var x = cat([.. levels.Select(level => level.flatten(2).transpose(1, 2))], 1); // [B, N, D]
        var position = cat([.. sizes.Select((size, level) =>
            SinePosition.Of(size.Height, size.Width, config.Width, x.device).flatten(1).t() + _levelEncoding[level])], 0).unsqueeze(0); // [1, N, D]
        var references = cat([.. sizes.Select(size => Centres(size.Height, size.Width, x.device))], 0); // [N, 2]
        for (var i = 0; i < _layers.Length; i++)
        {
            x = _layers[i].Forward(x, position, references, sizes);
            watch?.Invoke($"pixel_encoder.{i}", x);
        }

        var coarse = x.split(sizes.Select(size => size.Height * size.Width).ToArray(), 1)
            .Select((part, level) => part.transpose(1, 2).unflatten(2, sizes[level].Height, sizes[level].Width)).ToList();
        var fine = _lateral.Forward(maps[0]);
        fine = fine + functional.interpolate(coarse[^1], [fine.shape[2], fine.shape[3]], mode: InterpolationMode.Bilinear, align_corners: false);
        var features = _maskFeature.Forward(functional.relu(_output.Forward(fine)));
        watch?.Invoke("mask_features", features);
        for (var level = 0; level < coarse.Count; level++)
            watch?.Invoke($"multi_scale.{level}", coarse[level]);
        return (features, coarse);
    }

    /// <summary>The centres of a map's places from 0 to 1, x then y, [N, 2].</summary>
    private static Tensor Centres(long height, long width, Device device)
    {
        var x = ((arange(width, dtype: float32, device: device) + 0.5) / width).repeat(height);
        var y = ((arange(height, dtype: float32, device: device) + 0.5) / height).repeat_interleave(width);
        return stack([x, y], -1);
    }
}

/// <summary>Positions as sines and cosines of many lengths, half of the channels for the row, half for the column.</summary>
internal static class SinePosition
{
    private const double Temperature = 10000;

    /// <returns>[D, height, width]</returns>
    public static Tensor Of(long height, long width, int channels, Device device)
    {
        var half = channels / 2;
        var exponents = (arange(half, dtype: float32, device: device) / 2).floor() * 2 / half;
        var lengths = full([1], Temperature, float32, device).pow(exponents); // [D / 2]
        var (rows, columns) = (Waves(height), Waves(width));
        return cat([rows.unsqueeze(1).expand(-1, width, -1), columns.unsqueeze(0).expand(height, -1, -1)], -1).permute(2, 0, 1);

        Tensor Waves(long size)
        {
            var angle = (arange(1, size + 1, dtype: float32, device: device) / (size + 1e-6) * (2 * Math.PI)).unsqueeze(1) / lengths; // [size, D / 2]
            var pairs = angle.unflatten(1, half / 2, 2);
            return stack([pairs[TensorIndex.Ellipsis, 0].sin(), pairs[TensorIndex.Ellipsis, 1].cos()], 2).flatten(1);
        }
    }
}

/// <summary>
/// Deformable attention over three maps: a query looks at four points of each, near its own place, and weighs them. What is
/// looked at carries no position.
/// </summary>
internal sealed class DeformableLayer(Weights w, Mask2FormerConfig config)
{
    private const int Points = 4;
    private const int Levels = Mask2FormerConfig.Levels;

    private readonly Linear _offsets = w.Linear("attentions.0.sampling_offsets", config.Width, config.Heads * Levels * Points * 2);
    private readonly Linear _weights = w.Linear("attentions.0.attention_weights", config.Width, config.Heads * Levels * Points);
    private readonly Linear _value = w.Linear("attentions.0.value_proj", config.Width, config.Width);
    private readonly Linear _output = w.Linear("attentions.0.output_proj", config.Width, config.Width);
    private readonly LayerNorm _norm0 = w.LayerNorm("norms.0", config.Width, eps: 1e-5);
    private readonly Linear _fc1 = w.Linear("ffns.0.layers.0.0", config.Width, config.EncoderMlpWidth);
    private readonly Linear _fc2 = w.Linear("ffns.0.layers.1", config.EncoderMlpWidth, config.Width);
    private readonly LayerNorm _norm1 = w.LayerNorm("norms.1", config.Width, eps: 1e-5);

    /// <param name="x">[B, N, D]</param>
    /// <param name="references">Where each place is, from 0 to 1, [N, 2].</param>
    public Tensor Forward(Tensor x, Tensor position, Tensor references, IReadOnlyList<(long Height, long Width)> sizes)
    {
        using var scope = NewDisposeScope();
        x = _norm0.Forward(x + Attend(x, position, references, sizes));
        x = _norm1.Forward(x + _fc2.Forward(functional.relu(_fc1.Forward(x))));
        return x.MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor x, Tensor position, Tensor references, IReadOnlyList<(long Height, long Width)> sizes)
    {
        var (batch, places, heads) = (x.shape[0], x.shape[1], config.Heads);
        var query = x + position;
        var value = _value.Forward(x).unflatten(2, heads, -1).permute(0, 2, 3, 1).flatten(0, 1); // [B × heads, head dim, N]
        var scale = tensor(sizes.SelectMany(size => new[] { (float)size.Width, size.Height }).ToArray(), [Levels, 1, 2], device: x.device);
        var at = references.view(1, places, 1, 1, 1, 2) + (_offsets.Forward(query).view(batch, places, heads, Levels, Points, 2) / scale);
        var grid = ((at * 2) - 1).permute(3, 0, 2, 1, 4, 5).flatten(1, 2); // [levels, B × heads, N, points, 2]
        var sampled = value.split(sizes.Select(size => size.Height * size.Width).ToArray(), 2).Select((map, level) => functional.grid_sample(
            map.unflatten(2, sizes[level].Height, sizes[level].Width), grid[level], align_corners: false)); // each [B × heads, head dim, N, points]
        var weights = functional.softmax(_weights.Forward(query).view(batch, places, heads, Levels * Points), -1)
            .transpose(1, 2).flatten(0, 1).unsqueeze(1); // [B × heads, 1, N, levels × points]
        var seen = (cat([.. sampled], -1) * weights).sum(-1); // [B × heads, head dim, N]
        return _output.Forward(seen.view(batch, -1, places).transpose(1, 2));
    }
}
