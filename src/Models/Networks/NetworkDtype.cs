using static TorchSharp.torch;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>The types that networks compute in, as sweeps name them.</summary>
public static class NetworkDtype
{
    /// <param name="name">bf16, fp16 or fp32.</param>
    /// <exception cref="NotSupportedException">It is another.</exception>
    public static ScalarType Of(string name) => name switch
    {
        "bf16" => ScalarType.BFloat16,
        "fp16" => ScalarType.Float16,
        "fp32" => ScalarType.Float32,
        _ => throw new NotSupportedException($"networks compute in bf16, fp16 or fp32, not in {name}"),
    };
}
