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

    private static long Resident() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;
}
