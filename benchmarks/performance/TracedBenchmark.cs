using System.Diagnostics;
using System.Text.Json;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// Layers of published width beside graphs that were traced from the published libraries, in the same process, with the same
/// libtorch, weights and inputs: how far apart their outputs are, and how long each takes.
/// </summary>
internal static class TracedBenchmark
{
    private const int Rounds = 7;

    /// <summary>The layer of a graph, and the shape of its first input: smaller than an image's where that takes seconds.</summary>
    private static readonly Dictionary<string, (long[] First, Func<Weights, Dictionary<string, Tensor>, Func<Tensor>> Ours)> Layers = new()
    {
        ["sana-block"] = ([2, 1024, 2240], (w, x) =>
        {
            var block = new SanaBlock(w, new SanaConfig(32, 32, 70, 32, 20, 20, 112, 2304, 2.5, 1e-6, 32, QkNorm: false, TimestepScale: 1));
            return () => block.Forward(
                x["hidden_states"], x["encoder_hidden_states"], x["encoder_attention_mask"].unsqueeze(1), x["timestep_embedding"], 32, 32, null, 0);
        }
        ),
        ["dcae-res-stage"] = ([1, 512, 32, 32], (w, x) =>
        {
            List<IDcBlock> stage = [new DcUp(w.In("0"), 512, 512), .. Enumerable.Range(1, 3).Select(i => new DcResBlock(w.In($"{i}"), 512))];
            return () => DcBlocks.Forward(stage, x["hidden_states"].alias(), "", null);
        }
        ),
        ["dcae-vit-stage"] = ([1, 1024, 32, 32], (w, x) =>
        {
            List<IDcBlock> stage = [.. Enumerable.Range(0, 3).Select(i => new EfficientVitBlock(w.In($"{i}"), 1024, 32, [5]))];
            return () => DcBlocks.Forward(stage, x["hidden_states"].alias(), "", null);
        }
        ),
        ["gemma2-layer-eager"] = ([2, 300, 2304], (w, x) => Gemma(w, x, softCap: true)),
        ["gemma2-layer-sdpa"] = ([2, 300, 2304], (w, x) => Gemma(w, x, softCap: false)),
    };

    /// <param name="folder">Of graphs, each with its inputs.json.</param>
    /// <param name="layer">The only one; null for all.</param>
    public static int Run(string folder, string dtype, string? layer)
    {
        Libtorch.Load();
        using var mode = inference_mode();
        foreach (var (name, (first, ours)) in Layers.Where(known => layer is null || known.Key == layer))
        {
            using var scope = NewDisposeScope();
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, name, "inputs.json")));
            var type = dtype == "bf16" ? ScalarType.BFloat16 : ScalarType.Float32;
            var inputs = Inputs(json.RootElement, first, type);
            using var graph = jit.load(Path.Combine(folder, name, $"graph.{dtype}.pt"));
            using var weights = Weights.Of(Checkpoint.Of(new InMemory(inputs)), null, CPU);
            var forward = ours(weights, inputs);
            object[] arguments = [.. inputs.Values];
            var (theirs, own) = (new List<double>(), new List<double>());
            var (theirWork, ownWork) = (new List<double>(), new List<double>());
            for (var round = -1; round < Rounds; round++)
            {
                using var one = NewDisposeScope();
                var (their, took, work) = Timed(() => (Tensor)graph.call(arguments));
                var (our, tookUs, workUs) = Timed(forward);
                if (round < 0)
                {
                    var far = ((our - their).to(float32).norm() / their.to(float32).norm()).ToSingle();
                    Console.Write($"{name} {dtype}: {far:0.0e+0} apart; ");
                    continue;
                }

                theirs.Add(took);
                own.Add(tookUs);
                theirWork.Add(work);
                ownWork.Add(workUs);
            }

            var ratios = theirs.Zip(own, (t, o) => o / t).Order().ToList();
            Console.WriteLine(
                $"traced {theirs.Min():0.000} s, ours {own.Min():0.000} s (best of {Rounds}, in turn); ours / traced: "
                + $"{own.Min() / theirs.Min():0.00} of the best, {ratios[Rounds / 2]:0.00} median ({ratios[0]:0.00} to {ratios[^1]:0.00}), "
                + $"{ownWork.Min() / theirWork.Min():0.00} of the least processor time");
        }

        return 0;
    }

    private static Func<Tensor> Gemma(Weights w, Dictionary<string, Tensor> x, bool softCap)
    {
        var layer = new Gemma2Layer(w, new Gemma2Config(256000, 2304, 9216, 26, 8, 4, 256, 256, 50, 4096, 1e-6, 10000));
        return () => layer.Forward(x["hidden_states"], x["attention_mask"], x["cos"], x["sin"], softCap, null, 1);
    }

    /// <returns>Processor seconds are of all threads: what others do on the same cores moves them less.</returns>
    private static (Tensor Output, double Seconds, double ProcessorSeconds) Timed(Func<Tensor> forward)
    {
        var (since, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var output = forward();
        return (output, Stopwatch.GetElapsedTime(since).TotalSeconds, (Environment.CpuUsage.TotalTime - used).TotalSeconds);
    }

    /// <summary>All inputs, in the order of the graph, filled as their file says; masks let all be seen.</summary>
    private static Dictionary<string, Tensor> Inputs(JsonElement json, long[] first, ScalarType type)
    {
        var random = new Generator((ulong)json.GetProperty("fill_seed").GetInt64());
        var inputs = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var input in json.GetProperty("inputs").EnumerateArray())
        {
            var shape = inputs.Count == 0 ? first : [.. input.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64())];
            var fill = input.GetProperty("fill");
            double Of(string key) => fill.GetProperty(key).GetDouble();
            inputs.Add(input.GetProperty("name").GetString()!, (fill.GetProperty("kind").GetString() switch
            {
                "normal" => (randn(shape, generator: random) * Of("std")) + Of("mean"),
                "uniform" => (rand(shape, generator: random) * (Of("high") - Of("low"))) + Of("low"),
                "causal_bias" => zeros(shape).masked_fill(ones(shape, @bool).tril().logical_not(), finfo(type).min),
                _ => zeros(shape),
            }).to(type));
        }

        return inputs;
    }

    /// <summary>Tensors that are there, as those of a file.</summary>
    private sealed class InMemory(Dictionary<string, Tensor> tensors) : ITensorFile
    {
        public string Path => "memory";

        public IReadOnlyDictionary<string, StoredTensor> Tensors { get; } =
            tensors.ToDictionary(t => t.Key, t => new StoredTensor(t.Key, t.Value.dtype, t.Value.shape, 0, 0), StringComparer.Ordinal);

        public Tensor Read(string name) => tensors[name].alias();

        public void Dispose()
        {
        }
    }
}
