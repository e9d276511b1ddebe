using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>Looks at the memory of the whole process: no other test may run meanwhile.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    public MemoryTests()
    {
        Libtorch.Load();
        set_num_threads(1);
    }

    [Fact]
    public void A_thousand_steps_leave_memory_flat()
    {
        using var mode = inference_mode();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, "reflect-transformer-k1")), ScalarType.Float32);
        using var network = ReflectTransformer.Load(run.Model("transformer"), ScalarType.Float32, CPU, ReflectionQuirks.Paper);
        using var scope = NewDisposeScope();
        var (prompt, mask, noise) = (run.Input("in.encoder_hidden_states"), run.Input("in.encoder_attention_mask"), run.Input("in.hidden_states").narrow(0, 0, 1));
        var context = network.Embed(new(run.Input("in.context_clip_encoding"), run.Input("in.context_text_encoding"),
            run.Input("in.context_text_encoding_mask"), [[0], [0]], [true, false]));
        var (live, resident) = (0L, 0L);
        GuidedSampling.Run(new(3, 1000, 1000), noise, 4.5, (latents, time, _) => network.Forward(latents, prompt, mask, time, [context]), ScalarType.Float32,
            progress: step =>
            {
                if (step == 200)
                    (live, resident) = (scope.DisposablesCount, Resident());
            }).Dispose();
        Assert.InRange(scope.DisposablesCount, 0, live);
        Assert.InRange(Resident() - resident, long.MinValue, 32 << 20);
    }

    /// <summary>What the process takes at most beyond what it took before, mapped pages of the file included.</summary>
    [Theory]
    [InlineData("hash", 0)]
    [InlineData("load", 1)]
    [InlineData("widen", 2)]
    public void A_large_file_is_hashed_and_loaded_without_holding_it_twice(string what, int times)
    {
        const int Tensors = 8;
        const int TensorBytes = 8 << 20;
        var folder = Directory.CreateTempSubdirectory("memory");
        try
        {
            var path = Path.Combine(folder.FullName, "model.safetensors");
            var header = string.Join(",", Enumerable.Range(0, Tensors).Select(i =>
                $"\"{i}\":{{\"dtype\":\"BF16\",\"shape\":[{TensorBytes / 2}],\"data_offsets\":[{i * TensorBytes},{(i + 1) * TensorBytes}]}}"));
            using (var file = File.Create(path))
            {
                file.Write(BitConverter.GetBytes((long)header.Length + 2));
                file.Write(System.Text.Encoding.ASCII.GetBytes($"{{{header}}}"));
                file.SetLength(file.Length + (Tensors * (long)TensorBytes));
            }

            using var checkpoint = Checkpoint.Open(folder.FullName);
            var type = what == "widen" ? ScalarType.Float32 : ScalarType.BFloat16;
            File.WriteAllText("/proc/self/clear_refs", "5"); // the most that was ever held is counted from now on
            var before = Resident();
            if (what == "hash")
            {
                new FileDigests(null).Of(path);
            }
            else
            {
                using var weights = Weights.Of(checkpoint, type, CPU);
                for (var i = 0; i < Tensors; i++)
                    weights.Get($"{i}", TensorBytes / 2);
            }

            var most = Status("VmHWM") - before;
            // A part of one tensor may be there as it is stored, in the file's pages and in their copy.
            Assert.InRange(most, 0, (times * (long)Tensors * TensorBytes) + (3 * TensorBytes));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static long Status(string key) => 1024 * long.Parse(File.ReadLines("/proc/self/status")
        .First(line => line.StartsWith(key, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]);

    private static long Resident() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;
}
