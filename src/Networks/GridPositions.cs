using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>
/// The positional embedding of diffusers' PatchEmbed: of each place of a grid the sines and cosines of its column, then those of
/// its row, at frequencies from 1 down to 1/10,000. The grid of a size other than the usual one is stretched over the same places.
/// </summary>
/// <param name="width">D, a multiple of 4.</param>
/// <param name="side">Rows and columns of the usual grid.</param>
/// <param name="scale">What places are divided by (<c>interpolation_scale</c>).</param>
internal sealed class GridPositions(int width, int side, double scale) : IDisposable
{
    private Tensor? _last;
    private (long Rows, long Columns, string Device) _of;

    /// <returns>fp32, [1, rows × columns, D]; not the caller's to dispose of.</returns>
    public Tensor Of(long rows, long columns, Device device)
    {
        var of = (rows, columns, device.ToString());
        if (_last is null || _of != of)
        {
            _last?.Dispose();
            using var scope = NewDisposeScope();
            var (row, column) = (Waves(rows), Waves(columns)); // [rows, D / 2], [columns, D / 2]
            _last = cat([column.unsqueeze(0).expand(rows, -1, -1), row.unsqueeze(1).expand(-1, columns, -1)], -1)
                .view(1, rows * columns, width).to(float32, device).DetachFromDisposeScope();
            _of = of;
        }

        return _last;
    }

    public void Dispose() => _last?.Dispose();

    private Tensor Waves(long count)
    {
        var places = arange(count, float64) / ((double)count / side) / scale;
        var frequencies = pow(tensor(10_000.0, float64), -arange(width / 4, float64) / (width / 4.0));
        var angles = places.unsqueeze(1) * frequencies;
        return cat([angles.sin(), angles.cos()], -1);
    }
}
