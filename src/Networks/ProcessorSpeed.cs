using System.Collections.Concurrent;
using System.Diagnostics;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>What this processor is slow at.</summary>
public static class ProcessorSpeed
{
    private const int Side = 384;

    /// <summary>Of a busy machine the quickest product counts: all are repeated for so long, and three times at least.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    /// <summary>Measured once a process, so that all that is said of a type is of one measurement.</summary>
    private static readonly ConcurrentDictionary<ScalarType, Lazy<double>> Measured = new();

    /// <summary>How many times as long as in fp32 a product of matrices takes: in bf16 a hundred where there is no AVX-512.</summary>
    /// <exception cref="LibtorchMissingException">libtorch is not there.</exception>
    public static double Slowness(ScalarType type) =>
        Measured.GetOrAdd(type, _ => new(() => Seconds(type) / Seconds(ScalarType.Float32))).Value;

    private static double Seconds(ScalarType type)
    {
        Libtorch.Load();
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        var (a, b) = (ones([Side, Side], type), ones([Side, Side], type));
        var (quickest, repeated) = (double.MaxValue, 0);
        for (var clock = Stopwatch.StartNew(); repeated < 3 || clock.Elapsed < Patience; repeated++)
        {
            var began = Stopwatch.GetTimestamp();
            a.matmul(b).Dispose();
            quickest = Math.Min(quickest, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        return quickest;
    }
}
