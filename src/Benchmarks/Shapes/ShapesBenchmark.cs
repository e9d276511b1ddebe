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

    private const string Table = "table";
    private const string Curve = "curve";

    private ShapesBenchmark(PromptSettings settings) => Metadata =
        [.. settings.Of().GroupBy(p => p.Tag).SelectMany(category => category.Take(settings.PerCategory ?? int.MaxValue))];

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
                new("Shapes over N", Curve, ColumnsOf.Attempts, [], []) { Metrics = [Metric.MeanOverPrompts, Metric.MeanOverCategories] },
            ],
            []),
        Standard: Table);

    internal static IReadOnlyList<string> Layouts { get; } = [Curve, Table];

    public ScorerConfiguration ScoredElsewhere { get; } = ScoredBy(ModelConfiguration.RanElsewhere);

    public IScorer Scorer(ScorerConfiguration configuration) => new GenEvalScorer(
        World, RecordedSettings.Read<ScorerSettings>(configuration.Settings).Detector, World.Options.ToJson(), Metadata);

    /// <summary>As a sweep records it.</summary>
    /// <param name="perCategory">The first so many of each category; null for all.</param>
    public static BenchmarkConfiguration Configuration(UInt128 seed, ShapeSet set, int? perCategory) => new(Kind)
    {
        Settings = RecordedSettings.Of(new PromptSettings(seed, set, perCategory)),
    };

    /// <summary>As a sweep records it.</summary>
    public static ScorerConfiguration ScoredBy(ModelConfiguration detector) => new()
    {
        Settings = RecordedSettings.Of(new ScorerSettings(detector)),
    };

    /// <exception cref="JsonException">A setting is missing, or is none.</exception>
    internal static ShapesBenchmark Open(BenchmarkConfiguration configuration) =>
        new(RecordedSettings.Read<PromptSettings>(configuration.Settings));

    private sealed record PromptSettings(UInt128 Seed, ShapeSet Set, int? PerCategory)
    {
        public IReadOnlyList<PromptMetadata> Of() => new ShapePrompts(Seed).Of(Set);
    }

    private sealed record ScorerSettings(ModelConfiguration Detector);
}
