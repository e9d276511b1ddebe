using System.Reflection;
using System.Text.Json;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Scoring;
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

    public BenchmarkTables Tables => LazyTables.Value;

    internal static IReadOnlyList<string> Layouts => LazyTables.Value.Published.Layouts;

    public ScorerConfiguration ScoredElsewhere { get; } = ScoredBy(ModelConfiguration.RanElsewhere, options: null);

    /// <summary>In the order of the columns of the paper's Table 1.</summary>
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

    private static readonly Lazy<BenchmarkTables> LazyTables = new(() => new(
        Columns, new("correct", "wrong"), PublishedReader.Read(PublishedFiles(), Columns), Standard: "table1"));

    public IScorer Scorer(ScorerConfiguration configuration)
    {
        var settings = RecordedSettings.Read<ScorerSettings>(configuration.Settings);
        return new GenEvalScorer(ObjectWorld.GenEval, settings.Detector, settings.Options, Metadata);
    }

    /// <summary>As a sweep records it.</summary>
    public static BenchmarkConfiguration Configuration(UInt128 seed, int perTask) => new(Kind)
    {
        Settings = RecordedSettings.Of(new PromptSettings(seed, perTask)),
    };

    /// <summary>As a sweep records it.</summary>
    /// <param name="options">Null where images were scored elsewhere, with options that are not known.</param>
    public static ScorerConfiguration ScoredBy(ModelConfiguration detector, ScoringOptions? options) => new()
    {
        Settings = RecordedSettings.Of(new ScorerSettings(detector, options?.ToJson())),
    };

    /// <exception cref="JsonException">A setting is missing, or is none.</exception>
    internal static GenEvalBenchmark Open(BenchmarkConfiguration configuration)
    {
        var settings = RecordedSettings.Read<PromptSettings>(configuration.Settings);
        return new(settings.Seed, settings.PerTask);
    }

    internal static BenchmarkConfiguration ReadBenchmark(ISweepSection section) => Configuration(
        section.Integer("seed", UInt128.Zero, UInt128.MaxValue, (UInt128)PromptSet.PublishedSeed),
        section.Integer("per_task", 1, PromptSet.MostPerTask, PromptSet.PublishedPerTask));

    internal static ScorerConfiguration ReadScorer(ISweepSection section)
    {
        var standard = ScoringOptions.Default;
        var detector = section.Detector("detector");
        if (detector.Kind == ModelConfiguration.Pixels)
        {
            throw section.Error("detector", "a detector of the kind 'pixels' knows only the objects of the benchmark 'shapes'");
        }

        return ScoredBy(detector, new ScoringOptions
        {
            Threshold = section.Real("threshold", 0, 1, standard.Threshold),
            CountingThreshold = section.Real("counting_threshold", 0, 1, standard.CountingThreshold),
            MaxObjects = section.Integer("max_objects", 1, 100, standard.MaxObjects),
            MaxOverlap = section.Real("max_overlap", 0, 1, standard.MaxOverlap),
            PositionThreshold = section.Real("position_threshold", 0, 10, standard.PositionThreshold),
        });
    }

    /// <summary>Those of benchmarks/geneval/published, as this build has them.</summary>
    public static IReadOnlyList<(string Name, string Text)> PublishedFiles()
    {
        const string Folder = "geneval/published/";
        var assembly = Assembly.GetExecutingAssembly();
        return
        [
            .. assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal)).Select(n =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(n)!);
                return (n[Folder.Length..], reader.ReadToEnd());
            }),
        ];
    }

    private sealed record PromptSettings(UInt128 Seed, int PerTask);

    private sealed record ScorerSettings(ModelConfiguration Detector, JsonElement? Options);
}
