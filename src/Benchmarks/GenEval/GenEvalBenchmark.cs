using System.Text.Json;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>GenEval with the prompts of any seed; (43, 100) is the published set.</summary>
public sealed class GenEvalBenchmark(UInt128 seed, int perTask) : IBenchmark
{
    public const string Kind = "geneval";

    /// <summary>What each prompt's image must and must not show, in the order of the prompts.</summary>
    public IReadOnlyList<PromptMetadata> Metadata { get; } = PromptSet.Generate(seed, perTask);

    public IReadOnlyList<BenchmarkPrompt> Prompts => field ??=
        [.. Metadata.Select(p => new BenchmarkPrompt(p.Tag, p.Prompt, MetadataJson.Write(p)))];

    /// <summary>In the order of the columns of the paper's Table 1.</summary>
    public IReadOnlyList<Metric> Metrics => Columns;

    public static IReadOnlyList<Metric> Columns { get; } =
    [
        Metric.MeanOverPrompts,
        Metric.MeanOverCategories,
        new(Categories.SingleObject, "single\nobject", Categories.SingleObject),
        new(Categories.TwoObject, "two\nobjects", Categories.TwoObject),
        new(Categories.Counting, "counting", Categories.Counting),
        new(Categories.Colors, "colors", Categories.Colors),
        new(Categories.Position, "position", Categories.Position),
        new(Categories.ColorAttr, "color\nattr.", Categories.ColorAttr),
    ];

    /// <summary>As a sweep records it.</summary>
    public static BenchmarkConfiguration Configuration(UInt128 seed, int perTask) => new(Kind)
    {
        Settings = new()
        {
            ["seed"] = JsonSerializer.SerializeToElement(seed),
            ["per_task"] = JsonSerializer.SerializeToElement(perTask),
        },
    };

    /// <exception cref="JsonException">A setting is missing, or is none.</exception>
    internal static GenEvalBenchmark Of(BenchmarkConfiguration configuration)
    {
        var settings = JsonSerializer.SerializeToElement(configuration.Settings).Deserialize<Written>(Form)!;
        return new(settings.Seed, settings.PerTask);
    }

    private sealed record Written(UInt128 Seed, int PerTask);

    private static readonly JsonSerializerOptions Form = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };
}
