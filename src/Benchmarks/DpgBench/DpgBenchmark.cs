using System.Reflection;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Benchmarks.DpgBench;

/// <summary>
/// DPG-Bench: long prompts, and questions about their images that an answerer answers. A sweep records prompts and questions,
/// not their file. Hard subsets are lists of items, as the paper's Table 6 has two of them.
/// </summary>
public sealed class DpgBenchmark : IBenchmark
{
    public const string Kind = "dpg";

    private const string Official = "official";
    private const string Corrected = "corrected";
    private const string Table6 = "table6";
    private const string Table = "table";
    private const string Curve = "curve";
    private const string Hard = "hard_246";
    private const string HardAlone = "hard_246_only";
    private const string Hardest = "hard_56";
    private const string Others = "others";

    /// <summary>The published numbers are about so many prompts.</summary>
    private const int PublishedPrompts = 1065;

    private readonly BenchmarkSettings _settings;

    private DpgBenchmark(BenchmarkSettings settings)
    {
        _settings = settings;
        Prompts =
        [
            .. settings.Items.Select(item => new BenchmarkPrompt(
                Stratum(item.Id), item.Prompt, JsonSerializer.Serialize(new { prompt = item.Prompt, item_id = item.Id }, SettingsJson.Form))),
        ];
        Tables = TablesOf(Prompts);
    }

    public IReadOnlyList<BenchmarkPrompt> Prompts { get; }

    public BenchmarkTables Tables { get; }

    internal static IReadOnlyList<string> Layouts { get; } = [Curve, Table, Table6];

    public ScorerConfiguration ScoredElsewhere { get; } = ScoredBy(ModelConfiguration.RanElsewhere, resolution: null);

    public IScorer Scorer(ScorerConfiguration configuration)
    {
        var settings = RecordedSettings.Read<ScorerSettings>(configuration.Settings);
        return new DpgScorer(settings.Answerer, _settings.Mode == Official, settings.Resolution, _settings.Items);
    }

    /// <summary>By their ids.</summary>
    /// <exception cref="InvalidDataException">The benchmark is another.</exception>
    public static IReadOnlyDictionary<string, DpgItem> ItemsOf(BenchmarkConfiguration configuration) => configuration.Kind == Kind
        ? Open(configuration)._settings.Items.ToDictionary(item => item.Id)
        : throw new InvalidDataException($"the benchmark is {configuration.Kind}: --benchmark names a sweep file of the kind {Kind}");

    /// <summary>As a sweep records it.</summary>
    /// <param name="csv">dpg_bench.csv.</param>
    /// <param name="hard">Items or files of the subset Hard-246, one a line; null for none. Likewise <paramref name="hardest"/>.</param>
    /// <exception cref="InvalidDataException">Something in them is wrong: the message names the line.</exception>
    public static BenchmarkConfiguration Configuration(string csv, bool official, string? hard = null, string? hardest = null)
    {
        var all = DpgQuestions.Read(csv, dropFirstRow: official).Values;
        List<DpgItem> items = [.. all.Where(item => !official || DpgScore.IsWhole(item)).Select(item => item with { Prompt = OneLine(item.Prompt) })];
        if (items.Count == 0)
        {
            throw new InvalidDataException("there is no question");
        }

        if (items.GroupBy(item => item.Prompt).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new InvalidDataException($"the items {string.Join(", ", twice.Select(item => item.Id))} have the same prompt: each prompt may be given once");
        }

        var settings = new BenchmarkSettings(official ? Official : Corrected, items, List(hard), List(hardest));
        return new(Kind) { Settings = RecordedSettings.Of(settings) };

        IReadOnlyList<string> List(string? text)
        {
            string[] listed = [.. (text ?? "").Split('\n').Select(line => DpgFiles.ItemOf(line.Trim())).Where(line => line.Length > 0).Distinct()];
            return listed.FirstOrDefault(id => all.All(item => item.Id != id)) is { } unknown
                ? throw new InvalidDataException($"a hard subset lists the item '{VisibleText.Short(unknown)}', which has no question")
                : listed;
        }
    }

    /// <summary>As a sweep records it.</summary>
    public static ScorerConfiguration ScoredBy(ModelConfiguration answerer, int? resolution) => new()
    {
        Settings = RecordedSettings.Of(new ScorerSettings(answerer, resolution)),
    };

    /// <summary>What the published script's score of a picture was made from.</summary>
    /// <param name="answers">In the order of the questions.</param>
    public static string Evidence(IReadOnlyList<string> answers) => DpgScorer.EvidenceOf(answers, [.. answers.Select(DpgScore.IsYes)]);

    /// <exception cref="JsonException">A setting is missing, or is none.</exception>
    internal static DpgBenchmark Open(BenchmarkConfiguration configuration) => new(RecordedSettings.Read<BenchmarkSettings>(configuration.Settings));

    internal static BenchmarkConfiguration ReadBenchmark(ISweepSection section)
    {
        var (_, csv) = section.File("file");
        var official = section.Word("mode", Official, Corrected) == Official;
        try
        {
            return Configuration(csv, official, List(Hard), List(Hardest));
        }
        catch (InvalidDataException e)
        {
            throw section.Error("file", e.Message);
        }

        string? List(string key) => section.Has(key) ? section.File(key).Text : null;
    }

    internal static ScorerConfiguration ReadScorer(ISweepSection section) => ScoredBy(
        section.Answerer("answerer"), section.Has("resolution") ? section.Integer("resolution", 1, 1 << 14) : null);

    private string Stratum(string item) => _settings.Hardest.Contains(item) ? Hardest
        : _settings.Hard.Contains(item) ? HardAlone
        : Others;

    /// <summary>Texts of several lines are prompts of one.</summary>
    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static BenchmarkTables TablesOf(IReadOnlyList<BenchmarkPrompt> prompts)
    {
        var strata = prompts.CountBy(p => p.Stratum).ToDictionary();
        Metric[] overall = strata.Count == 1 ? [Metric.MeanOverPrompts] : [Metric.MeanOverPrompts, Metric.MeanOverCategories];
        Metric[] metrics = [.. overall, .. strata.Count == 1 ? [] : strata.Keys.Select(s => new Metric(s, s, s))];
        string[] within = [HardAlone, Hardest];
        Metric[] ofTable6 =
        [
            Metric.MeanOverPrompts,
            .. strata.ContainsKey(HardAlone) ? [new Metric(Hard, "Hard-246", Hard) { Within = within }] : Array.Empty<Metric>(),
            .. strata.ContainsKey(Hardest) ? [new Metric(Hardest, "Hard-56", Hardest)] : Array.Empty<Metric>(),
        ];
        var published = Published();
        return new(
            metrics,
            new("right", "wrong"),
            new(
                strata,
                [
                    new("DPG-Bench", Table, ColumnsOf.Metrics, [], []) { Metrics = metrics },
                    published with { Metrics = ofTable6 },
                    new("DPG-Bench over N", Curve, ColumnsOf.Attempts, [], []) { Metrics = overall },
                ],
                prompts.Count == PublishedPrompts || prompts.Count == PublishedPrompts - 1 // the script leaves one out
                    ? [.. published.Rows.Select(row => new PublishedArm(row.Id, [row], strata))]
                    : []),
            Standard: Table)
        {
            PublishedScorer = "mPLUG-large",
        };
    }

    /// <summary>The paper's Table 6, whose scores go to 100.</summary>
    private static PublishedTable Published()
    {
        const string File = "geneval/published/table6.json"; // where the paper's tables are
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(File)!);
        var table = SettingsJson.Read<PublishedTable>(File, reader.ReadToEnd());
        return table with
        {
            Columns = ColumnsOf.Metrics,
            OwnMetrics = null,
            Notes = [.. table.Notes.Skip(1), "DPG-Bench scores are published from 0 to 100, and shown from 0 to 1 here."],
            Rows = [.. table.Rows.Select(row => row with
            {
                OverallIs = Metric.MeanOverPrompts.Id,
                Points = [.. row.Points.Select(point => new PublishedPoint(
                    point.N,
                    Share(point.Categories!["all"]),
                    point.Categories.Where(c => c.Key != "all").ToDictionary(c => c.Key, c => Share(c.Value))))],
            })],
        };
    }

    private static PublishedValue Share(PublishedValue value) => new(value.Value / 100, $"{value.Value / 100:F3}", value.Source);

    private sealed record BenchmarkSettings(string Mode, IReadOnlyList<DpgItem> Items, IReadOnlyList<string> Hard, IReadOnlyList<string> Hardest);

    private sealed record ScorerSettings(ModelConfiguration Answerer, int? Resolution);
}
