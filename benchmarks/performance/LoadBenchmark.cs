using System.Diagnostics;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using TorchSharp;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// How long a checkpoint takes from its files to tensors on the processor, beside reading the same files and throwing away
/// what is read. In turn, after one round that brings the files into the system's cache.
/// </summary>
internal static class LoadBenchmark
{
    private const int Rounds = 5;

    public static int Run(string folder)
    {
        Libtorch.Load();
        var variant = Checkpoint.Variants(folder)[0];
        var (reading, loading, bytes) = (new List<double>(), new List<double>(), 0L);
        for (var round = 0; round <= Rounds; round++)
        {
            using var checkpoint = Checkpoint.Open(folder, variant);
            var began = Stopwatch.GetTimestamp();
            bytes = checkpoint.Files.Sum(Read);
            reading.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            began = Stopwatch.GetTimestamp();
            using (var scope = torch.NewDisposeScope())
            {
                foreach (var tensor in checkpoint.Tensors)
                    checkpoint.Read(tensor.Name);
                loading.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
        }

        var (read, loaded) = (reading.Skip(1).Min(), loading.Skip(1).Min());
        Console.WriteLine($"{bytes / 1e9:0.00} GB: read in {read:0.00} s, loaded in {loaded:0.00} s, {loaded / read:0.00} times (best of {Rounds}); "
            + $"the first time {reading[0]:0.00} s and {loading[0]:0.00} s; at most {PeakMib()} MiB of memory");
        return 0;
    }

    private static long Read(string path)
    {
        using var file = File.OpenHandle(path);
        var (buffer, at) = (new byte[8 << 20], 0L);
        while (RandomAccess.Read(file, buffer, at) is > 0 and var count)
            at += count;
        return at;
    }

    /// <summary>Of this process, the pages of files that it has mapped included.</summary>
    internal static long PeakMib() => long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal))
        .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]) / 1024;
}
