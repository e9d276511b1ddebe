using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>GenEval in small: its grammar and its rules over eight shapes and ten colours on a board of 4 x 4 cells.</summary>
public sealed class ShapesBenchmark : IBenchmark
{
    public const string Kind = "shapes";

    /// <summary>More than any category has.</summary>
    public const int MostPerTask = 100_000;

    private const string Table = "table";
    private const string Curve = "curve";

    private ShapesBenchmark(PromptSettings settings) => Metadata =
        [.. settings.Of().GroupBy(p => p.Tag).SelectMany(category => category.Take(settings.PerTask ?? int.MaxValue))];

    /// <summary>The names of <see cref="ShapeSet"/>, as they are asked for.</summary>
    public static IReadOnlyList<string> Sets { get; } = [.. Enum.GetNames<ShapeSet>().Select(n => n.ToLowerInvariant())];

    /// <summary>One threshold for all that is found: the pixel detector is as sure of each of several objects as of one.</summary>
    public static ObjectWorld World { get; } = new(ShapeWorld.Classes, new() { Threshold = 0.5, CountingThreshold = 0.5 });

    /// <summary>What each prompt's image must and must not show, in the order of the prompts.</summary>
    public IReadOnlyList<PromptMetadata> Metadata { get; }

    public IReadOnlyList<BenchmarkPrompt> Prompts => field ??=
        [.. Metadata.Select(p => new BenchmarkPrompt(p.Tag, p.Prompt, MetadataJson.Write(p)))];

    public BenchmarkTables Tables => field ??= new(
        GenEvalBenchmark.Columns,
        new("correct", "wrong"),
        new(
            Metadata.CountBy(p => p.Tag).ToDictionary(),
            [
                new("Shapes", Table, ColumnsOf.Metrics, [], []) { Metrics = GenEvalBenchmark.Columns },
                new("Shapes over N", Curve, ColumnsOf.Attempts, [], [])
                {
                    Metrics = [Metric.MeanOverPrompts, Metric.MeanOverCategories],
                    Attempts = [1, 4, 8, 12],
                },
            ],
            []),
        Standard: Curve);

    internal static IReadOnlyList<string> Layouts { get; } = [Curve, Table];

    public ScorerConfiguration ScoredElsewhere { get; } = ScoredBy(ModelConfiguration.RanElsewhere);

    public IScorer Scorer(ScorerConfiguration configuration) => new GenEvalScorer(
        World, RecordedSettings.Read<ScorerSettings>(configuration.Settings).Detector, World.Options.ToJson(), Metadata);

    /// <summary>As a sweep records it.</summary>
    /// <param name="perTask">The first so many of each category; null for all.</param>
    public static BenchmarkConfiguration Configuration(UInt128 seed, ShapeSet set, int? perTask) => new(Kind)
    {
        Settings = RecordedSettings.Of(new PromptSettings(seed, set, perTask)),
    };

    /// <summary>As a sweep records it.</summary>
    public static ScorerConfiguration ScoredBy(ModelConfiguration detector) => new()
    {
        Settings = RecordedSettings.Of(new ScorerSettings(detector)),
    };

    /// <exception cref="JsonException">A setting is missing, or is none.</exception>
    internal static ShapesBenchmark Open(BenchmarkConfiguration configuration) =>
        new(RecordedSettings.Read<PromptSettings>(configuration.Settings));

    internal static BenchmarkConfiguration ReadBenchmark(ISweepSection section) => Configuration(
        section.Integer("seed", UInt128.Zero, UInt128.MaxValue, (UInt128)ShapePrompts.PublishedSeed),
        section.Has("set") ? Enum.Parse<ShapeSet>(section.Word("set", [.. Sets]), ignoreCase: true) : ShapeSet.Test,
        section.Has("per_task") ? section.Integer("per_task", 1, MostPerTask) : null);

    internal static ScorerConfiguration ReadScorer(ISweepSection section)
    {
        var detector = section.Detector("detector");
        return detector.Kind != ModelConfiguration.Pixels
            ? throw section.Error("detector", "a detector of the kind 'pixels' alone knows the objects of the benchmark 'shapes'")
            : ScoredBy(detector);
    }

    private sealed record PromptSettings(UInt128 Seed, ShapeSet Set, int? PerTask)
    {
        public IReadOnlyList<PromptMetadata> Of() =>
            (Seed == ShapePrompts.PublishedSeed ? ShapePrompts.Published : new ShapePrompts(Seed)).Of(Set);
    }

    private sealed record ScorerSettings(ModelConfiguration Detector);
}
