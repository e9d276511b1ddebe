using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>Rotary positions (arXiv 2104.09864) over halves: a value and the one half a head further turn together.</summary>
internal static class Rotary
{
    /// <summary>Of the positions' angles the cosines and sines, computed in fp32.</summary>
    /// <param name="positions">fp32, [..., L]</param>
    /// <returns>Both [..., L, dim].</returns>
    public static (Tensor Cos, Tensor Sin) Table(Tensor positions, int dim, double theta, ScalarType type)
    {
        var angles = positions.unsqueeze(-1) * Frequencies(dim, theta, positions.device); // [..., L, dim / 2]
        angles = cat([angles, angles], -1);
        return (angles.cos().to(type), angles.sin().to(type));
    }

    /// <summary>theta ^ (-2 i / dim), [dim / 2]</summary>
    public static Tensor Frequencies(int dim, double theta, Device device)
    {
        var exponents = arange(0, dim, 2, dtype: float32, device: device) / dim;
        return 1 / full([1], theta, float32, device).pow(exponents);
    }

    /// <param name="x">[..., L, dim]</param>
    public static Tensor Apply(Tensor x, Tensor cos, Tensor sin)
    {
        var halves = x.chunk(2, -1);
        return (x * cos) + (cat([-halves[1], halves[0]], -1) * sin);
    }
}
