using System.Diagnostics;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>What this processor is slow at.</summary>
public static class ProcessorSpeed
{
    private const int Side = 384;

    /// <summary>How many times as long as in fp32 a product of matrices takes: in bf16 a hundred where there is no AVX-512.</summary>
    /// <exception cref="LibtorchMissingException">libtorch is not there.</exception>
    public static double Slowness(ScalarType type)
    {
        Libtorch.Load();
        using var mode = inference_mode();
        return Seconds(type) / Seconds(ScalarType.Float32);
    }

    /// <summary>The quickest of a few.</summary>
    private static double Seconds(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (ones([Side, Side], type), ones([Side, Side], type));
        return Enumerable.Range(0, 3).Min(_ =>
        {
            var began = Stopwatch.GetTimestamp();
            a.matmul(b).Dispose();
            return Stopwatch.GetElapsedTime(began).TotalSeconds;
        });
    }
}
