using System.Text.Json;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Runner.Tests.Guides;

/// <summary>Four prompts in two categories, scored by a judge of their own.</summary>
public sealed class RhymeBenchmark : IBenchmark
{
    public const string Kind = "rhymes";

    private const string Table = "table";

    /// <summary>Their order never changes: a prompt is known by its place.</summary>
    public IReadOnlyList<BenchmarkPrompt> Prompts { get; } =
    [
        Of("animals", "a cat on a mat"),
        Of("animals", "a fox in a box"),
        Of("things", "a house with a blouse"),
        Of("things", "a spoon on the moon"),
    ];

    /// <summary>The columns of reports, the words for right and wrong, and published numbers, of which this one has none.</summary>
    public BenchmarkTables Tables { get; } = new(
        Columns,
        new ScoreWords("right", "wrong"),
        new PublishedNumbers(
            new Dictionary<string, int> { ["animals"] = 2, ["things"] = 2 },
            [new PublishedTable("Rhymes", Table, ColumnsOf.Metrics, [], []) { Metrics = Columns }],
            []),
        Standard: Table);

    public ScorerConfiguration ScoredElsewhere { get; } = ScoredBy(ModelConfiguration.RanElsewhere);

    private static Metric[] Columns =>
        [Metric.MeanOverPrompts, Metric.MeanOverCategories, new("animals", "animals", "animals"), new("things", "things", "things")];

    public IScorer Scorer(ScorerConfiguration configuration) =>
        new RhymeScorer(RecordedSettings.Read<ScorerSettings>(configuration.Settings).Judge);

    /// <summary>As a sweep records the benchmark: here it has no settings.</summary>
    public static BenchmarkConfiguration Configuration() => new(Kind);

    /// <summary>As a sweep records its scorer.</summary>
    public static ScorerConfiguration ScoredBy(ModelConfiguration judge) =>
        new() { Settings = RecordedSettings.Of(new ScorerSettings(judge)) };

    /// <summary>The section <c>benchmark</c> of a sweep file: here only its kind, which was read already.</summary>
    public static BenchmarkConfiguration ReadBenchmark(ISweepSection section) => Configuration();

    /// <summary>The section <c>scorer</c>, as in <c>scorer: {judge: another}</c>.</summary>
    public static ScorerConfiguration ReadScorer(ISweepSection section) => ScoredBy(section.Judge("judge"));

    public static RhymeBenchmark Open(BenchmarkConfiguration configuration) => configuration.Settings.Count == 0
        ? new()
        : throw new JsonException($"the benchmark '{Kind}' has no setting '{configuration.Settings.First().Key}'");

    private static BenchmarkPrompt Of(string stratum, string text) =>
        new(stratum, text, JsonSerializer.Serialize(new { prompt = text, tag = stratum }));

    private sealed record ScorerSettings(ModelConfiguration Judge);

    private sealed class RhymeScorer(ModelConfiguration judge) : IJudgeScorer
    {
        public ModelConfiguration Model => judge;

        public string Options => "{}";

        /// <summary>What the judge is asked to look for: the prompt, or more than it.</summary>
        public string Asked(int prompt, string text) => $"{text}, both of them large in the image";

        public Score Score(int prompt, Verdict said) => Core.Scoring.Score.OfPass(said.Accepted, said.Feedback, evidence: null);
    }
}
