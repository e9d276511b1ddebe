using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Core.Benchmarks;

/// <summary>What papers and their authors report, with the source of each number.</summary>
/// <param name="Prompts">Prompts of the published set in each category, in the order of the columns.</param>
/// <param name="Tables">In the order of their files' names.</param>
public sealed record PublishedNumbers(
    IReadOnlyDictionary<string, int> Prompts,
    IReadOnlyList<PublishedTable> Tables,
    IReadOnlyList<PublishedArm> Arms)
{
    /// <summary>The published arm of this id; null for null, an error for an id that is not there.</summary>
    public PublishedArm? Arm(string? id) => id is null ? null : Arms.FirstOrDefault(a => a.Id == id)
        ?? throw new FormatException(
            $"There is no published arm '{id}'; known: {string.Join(", ", Arms.Select(a => a.Id))}.");

    /// <summary>The tables that a layout shows.</summary>
    /// <exception cref="ArgumentException">There is no such layout.</exception>
    public IReadOnlyList<PublishedTable> Layout(string layout)
    {
        var tables = Tables.Where(t => t.Layout == layout).ToList();
        return tables.Count > 0
            ? tables
            : throw new ArgumentException($"There is no layout '{layout}'; known: {string.Join(", ", Layouts)}.");
    }

    public IReadOnlyList<string> Layouts => [.. Tables.Select(t => t.Layout).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Prompts of the published set that a metric is about.</summary>
    public int Count(Metric metric) => Prompts.Where(p => metric.Covers(p.Key)).Sum(p => p.Value);
}

/// <summary>The published rows that a layout shows, and what a reader must know of them.</summary>
/// <param name="Layout">The layout that shows them; several tables of one layout stand below each other.</param>
/// <param name="Columns">The same in all tables of a layout.</param>
/// <param name="Rows">In a file: those that this table published.</param>
/// <param name="Shows">In a file: all rows that it shows, in order, where they are not its own.</param>
/// <param name="OwnMetrics">Those of another benchmark.</param>
public sealed record PublishedTable(
    string Title,
    string Layout,
    ColumnsOf Columns,
    IReadOnlyList<string> Notes,
    IReadOnlyList<PublishedRow> Rows,
    IReadOnlyList<ShownRow>? Shows = null,
    [property: JsonPropertyName("metrics")] IReadOnlyList<Metric>? OwnMetrics = null)
{
    /// <summary>One column each; where the columns are N, those that have rows of their own.</summary>
    [JsonIgnore]
    public IReadOnlyList<Metric> Metrics { get; init; } = [];

    /// <summary>Where the columns are N: those that it shows without a row that has them, as far as an arm goes.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Attempts { get; init; } = [];
}

/// <param name="Label">Another than the row's own, or null.</param>
public sealed record ShownRow(string Row, string? Label = null);

/// <summary>What the columns of a table stand for.</summary>
public enum ColumnsOf
{
    /// <summary>The metrics of the benchmark.</summary>
    Metrics,

    /// <summary>N, for both meanings of overall.</summary>
    Attempts,

    /// <summary>The metrics of a benchmark that this program does not run.</summary>
    OtherBenchmark,
}

/// <summary>One published row: a method's values at one or more N.</summary>
/// <param name="OverallIs">The id of the mean that overall is; null in the table of another benchmark.</param>
/// <param name="Note">What is wrong with the row, or null.</param>
public sealed record PublishedRow(
    string Id,
    string Label,
    string Source,
    [property: JsonPropertyName("values")] IReadOnlyList<PublishedPoint> Points,
    [property: AllowedValues("mean_over_prompts", "mean_over_categories")] string? OverallIs = null,
    string? Note = null)
{
    /// <summary>The published number, or null where there is none.</summary>
    public PublishedValue? Given(int n, Metric metric)
    {
        var point = Points.FirstOrDefault(p => p.N == n);
        var value = metric.Category is { } category
            ? point?.Categories?.GetValueOrDefault(category)
            : OverallIs == metric.Id ? point?.Overall : null;
        return value is null ? null : value with { Source = Source + value.Source };
    }

    /// <summary>The mean over prompts or categories as it follows from the published categories, or null.</summary>
    public PublishedValue? Calculated(int n, Metric metric, IReadOnlyDictionary<string, int> prompts)
    {
        if (metric.Category is not null || Points.FirstOrDefault(p => p.N == n)?.Categories is not { } categories
            || !prompts.Keys.All(categories.ContainsKey))
        {
            return null;
        }

        double Weight(string category) => metric == Metric.MeanOverPrompts ? prompts[category] : 1;
        var mean = prompts.Keys.Sum(c => categories[c].Value * Weight(c)) / prompts.Keys.Sum(Weight);
        return new(mean, $"~{mean:F3}", $"calculated from the categories of: {Source}");
    }
}

/// <summary>A row at one N.</summary>
/// <param name="Overall">Null in the table of another benchmark.</param>
/// <param name="Categories">All of the benchmark or null; in another benchmark's table, the columns given.</param>
public sealed record PublishedPoint(
    [property: Range(1, 1_000_000)] int N,
    PublishedValue? Overall = null,
    IReadOnlyDictionary<string, PublishedValue>? Categories = null);

/// <param name="Text">As published; a count is shown as a share with three decimals, a calculated value with ~.</param>
/// <param name="Source">In a file: what a count adds to the source of its row.</param>
[JsonConverter(typeof(PublishedValueConverter))]
public sealed record PublishedValue(double Value, string Text, string Source);

/// <summary>A published arm that an arm of a sweep can name.</summary>
/// <param name="Rows">Where its numbers are, the preferred row first.</param>
/// <param name="Prompts">Prompts of the published set in each category, in the order of the columns.</param>
public sealed record PublishedArm(
    string Id, IReadOnlyList<PublishedRow> Rows, IReadOnlyDictionary<string, int> Prompts)
{
    /// <summary>The published value, else the one that follows from published categories, else null.</summary>
    public PublishedValue? Value(int n, Metric metric) =>
        Rows.Select(r => r.Given(n, metric)).FirstOrDefault(v => v is not null)
        ?? Rows.Select(r => r.Calculated(n, metric, Prompts)).FirstOrDefault(v => v is not null);
}
