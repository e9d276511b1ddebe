using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text.Json;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>Kind <c>torch-cpu-noise</c>: each draw by the hash of its bytes. Consecutive draws share a generator.</summary>
internal static class NoiseKind
{
    public static void Run(GoldenRun run)
    {
        var plans = new Dictionary<string, Generator>();
        foreach (var draw in run.Case.Json.GetProperty("cases").EnumerateArray())
        {
            using var scope = NewDisposeScope();
            var drawn = draw.TryGetProperty("seeds", out var seeds)
                ? DrawBatch(draw, [.. seeds.EnumerateArray().Select(Seed)])
                : Draw(draw, GeneratorOf(draw, plans));
            var hash = Convert.ToHexStringLower(SHA256.HashData(drawn.contiguous().bytes));
            var without = !Avx2.IsSupported && draw.TryGetProperty("sha256_without_avx2", out var slow) ? slow.GetString() : null;
            Assert.True(hash == (without ?? draw.Text("sha256")), $"{draw}: the hash of ours is {hash}");
        }

        foreach (var generator in plans.Values)
            generator.Dispose();
    }

    private static Generator GeneratorOf(JsonElement draw, Dictionary<string, Generator> plans)
    {
        var seed = Seed(draw.GetProperty("seed"));
        if (!draw.TryGetProperty("plan", out var plan))
            return new Generator(seed, CPU);
        var key = $"{plan}.{seed}";
        if (!plans.TryGetValue(key, out var generator))
            plans.Add(key, generator = new Generator(seed, CPU));
        return generator;
    }

    /// <summary>What diffusers draws for several images; the one that we make is a list of generators, in fp32.</summary>
    private static Tensor DrawBatch(JsonElement draw, ulong[] seeds)
    {
        var shape = Shape(draw);
        if (seeds.Length > 1 && Type(draw) == ScalarType.Float32)
            return LatentNoise.Draw(seeds, shape.AsSpan(1));
        if (seeds.Length == 1)
            return randn(shape, Type(draw), generator: new Generator(seeds[0], CPU));
        return cat([.. seeds.Select(seed => randn([1, .. shape[1..]], Type(draw), generator: new Generator(seed, CPU)))], 0);
    }

    private static Tensor Draw(JsonElement draw, Generator generator)
    {
        var shape = Shape(draw);
        var call = draw.Text("call");
        if (call.Contains("after randn", StringComparison.Ordinal))
        {
            randn([1, 32, 4, 4], call.Contains("bf16", StringComparison.Ordinal) ? ScalarType.BFloat16 : ScalarType.Float16, generator: generator);
            return randn(shape, generator: generator);
        }

        return call switch
        {
            "randn" => randn(shape, Type(draw), generator: generator),
            "rand" => rand(shape, Type(draw), generator: generator),
            "randint" => randint(draw.GetProperty("low").GetInt64(), draw.GetProperty("high").GetInt64(), shape, int64, generator: generator),
            "randperm" => randperm(shape[0], int64, generator: generator),
            _ when call.Contains("normal_(0.5, 2.0)", StringComparison.Ordinal) => empty(shape).normal_(0.5, 2.0, generator),
            _ when call.Contains("exponential_()", StringComparison.Ordinal) => empty(shape).exponential_(1, generator),
            _ when call.StartsWith("multinomial", StringComparison.Ordinal) =>
                tensor(new float[] { .1f, .2f, .3f, .4f, 1, 5, 2, 2 }, [2, 4]).multinomial(1, generator: generator),
            _ => throw new NotSupportedException(call),
        };
    }

    private static ulong Seed(JsonElement seed) => unchecked((ulong)seed.GetInt64());

    private static long[] Shape(JsonElement draw) => [.. draw.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64())];

    private static ScalarType Type(JsonElement draw) => draw.Text("dtype") switch
    {
        "float32" => ScalarType.Float32,
        "float64" => ScalarType.Float64,
        "float16" => ScalarType.Float16,
        "bfloat16" => ScalarType.BFloat16,
        "int64" => ScalarType.Int64,
        var other => throw new NotSupportedException(other),
    };
}
