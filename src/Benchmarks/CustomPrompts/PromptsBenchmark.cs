using System.Text.Json;
using System.Text.Json.Serialization;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.CustomPrompts;

/// <summary>A user's own prompts, scored by a judge or not at all. A sweep records the prompts, not their file.</summary>
public sealed class PromptsBenchmark : IBenchmark
{
    public const string Kind = "prompts";

    private const string Table = "table";
    private const string Curve = "curve";

    private readonly IReadOnlyList<JsonElement> _metadata;

    private PromptsBenchmark(IReadOnlyList<JsonElement> prompts)
    {
        _metadata = prompts;
        Prompts = [.. prompts.Select(p => new BenchmarkPrompt(
            p.TryGetProperty(PromptFile.Tag, out var stratum) ? stratum.GetString()! : "all",
            p.GetProperty(PromptFile.Prompt).GetString()!,
            p.GetRawText()))];
        Tables = TablesOf(Prompts);
    }

    public IReadOnlyList<BenchmarkPrompt> Prompts { get; }

    public BenchmarkTables Tables { get; }

    internal static IReadOnlyList<string> Layouts { get; } = [Curve, Table];

    public ScorerConfiguration ScoredElsewhere { get; } = ScoredBy(ModelConfiguration.RanElsewhere);

    public IScorer Scorer(ScorerConfiguration configuration)
    {
        var settings = RecordedSettings.Read<ScorerSettings>(configuration.Settings);
        return new JudgeScorer(settings.Judge, settings.Checklist == true ? [.. _metadata.Select(Checklist.Of)] : null);
    }

    /// <summary>As a sweep records it.</summary>
    /// <param name="prompts">Of <see cref="PromptFile.Read"/>.</param>
    public static BenchmarkConfiguration Configuration(IReadOnlyList<JsonElement> prompts) => new(Kind)
    {
        Settings = RecordedSettings.Of(new PromptSettings(prompts)),
    };

    /// <summary>As a sweep records it.</summary>
    /// <param name="checklist">The judge is told what the file lists of each prompt: see <see cref="Checklist"/>.</param>
    public static ScorerConfiguration ScoredBy(ModelConfiguration judge, bool checklist = false) => new()
    {
        Settings = RecordedSettings.Of(new ScorerSettings(judge, checklist ? true : null)),
    };

    /// <exception cref="JsonException">A setting is missing, or is none.</exception>
    internal static PromptsBenchmark Open(BenchmarkConfiguration configuration) =>
        new(RecordedSettings.Read<PromptSettings>(configuration.Settings).Prompts);

    internal static BenchmarkConfiguration ReadBenchmark(ISweepSection section)
    {
        var (name, text) = section.File("file");
        try
        {
            return Configuration(PromptFile.Read(name, text, section.OptionalText("prompt"), section.OptionalText("stratum")));
        }
        catch (InvalidDataException e)
        {
            throw section.Error("file", e.Message);
        }
    }

    internal static ScorerConfiguration ReadScorer(ISweepSection section) => ScoredBy(
        section.Judge("judge"), section.Has("checklist") && section.Word("checklist", "true", "false") == "true");

    private static BenchmarkTables TablesOf(IReadOnlyList<BenchmarkPrompt> prompts)
    {
        var strata = prompts.CountBy(p => p.Stratum).ToDictionary();
        Metric[] overall = strata.Count == 1 ? [Metric.MeanOverPrompts] : [Metric.MeanOverPrompts, Metric.MeanOverCategories];
        Metric[] metrics = [.. overall, .. strata.Count == 1 ? [] : strata.Keys.Select(s => new Metric(s, s, s))];
        return new(
            metrics,
            new("good", "bad"),
            new(
                strata,
                [
                    new("Custom prompts", Table, ColumnsOf.Metrics, [], []) { Metrics = metrics },
                    new("Custom prompts over N", Curve, ColumnsOf.Attempts, [], []) { Metrics = overall },
                ],
                []),
            Standard: Table);
    }

    private sealed record PromptSettings(IReadOnlyList<JsonElement> Prompts);

    private sealed record ScorerSettings(
        ModelConfiguration Judge, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Checklist = null);
}
