using System.ComponentModel.DataAnnotations;

namespace ReflectDiT.Eval.Core.Benchmarks;

/// <summary>
/// Reads the published numbers from their JSON files: <c>arms.json</c> and one <see cref="PublishedTable"/> a file. A row
/// is given once, in the table that published it; other tables name it in <c>shows</c>. Every key is known and nothing
/// is missing, or a <see cref="FormatException"/> names the file, the line and the key.
/// </summary>
public static class PublishedReader
{
    private const string Arms = "arms.json";

    private sealed record ArmsFile(
        string Title,
        [property: Range(1, 1_000_000)] IReadOnlyDictionary<string, int> Prompts,
        IReadOnlyList<WrittenArm> Arms);

    private sealed record WrittenArm(string Id, IReadOnlyList<string> Rows);

    /// <param name="files">Name and text of every file.</param>
    /// <param name="metrics">Of the benchmark that they are about.</param>
    public static PublishedNumbers Read(IEnumerable<(string Name, string Text)> files, IReadOnlyList<Metric> metrics)
    {
        string[] categories = [.. metrics.Select(m => m.Category).OfType<string>()];
        var all = files.OrderBy(f => f.Name, StringComparer.Ordinal)
            .ToLookup(f => Path.GetFileName(f.Name) == Arms, f => new SettingsJson(f.Name, f.Text));
        var written = all[false].Select(f => (File: f, Table: WithMetrics(f.Read<PublishedTable>(), metrics))).ToList();
        var rows = new Dictionary<string, PublishedRow>();
        foreach (var (file, table) in written)
        {
            Check(file, table, written.First(w => w.Table.Layout == table.Layout).Table, categories);
            foreach (var (i, row) in table.Rows.Index())
            {
                if (!rows.TryAdd(row.Id, row))
                {
                    throw file.Error($"rows[{i}].id", $"two rows have the id '{row.Id}'; rename one");
                }
            }
        }

        var armsFile = all[true].FirstOrDefault() ?? throw new FormatException($"Published numbers: there is no {Arms}.");
        var content = armsFile.Read<ArmsFile>();
        armsFile.CheckKeys("prompts", content.Prompts.Keys, categories, categories);
        var prompts = categories.ToDictionary(c => c, c => content.Prompts[c]);
        var arms = new List<PublishedArm>();
        foreach (var (i, arm) in content.Arms.Index())
        {
            if (arms.Exists(a => a.Id == arm.Id))
            {
                throw armsFile.Error($"arms[{i}].id", $"two arms have the id '{arm.Id}'; rename one");
            }

            arms.Add(new(arm.Id, [.. arm.Rows.Select((r, j) => Row(armsFile, $"arms[{i}].rows[{j}]", r))], prompts));
        }

        return new(prompts, [.. written.Select(w => w.Table with { Rows = Shown(w.File, w.Table) })], arms);

        IReadOnlyList<PublishedRow> Shown(SettingsJson file, PublishedTable table) => table.Shows is null
            ? table.Rows
            : [.. table.Shows.Select((s, i) => Row(file, $"shows[{i}].row", s.Row) is var row && s.Label is { } label
                ? row with { Label = label }
                : row)];

        PublishedRow Row(SettingsJson file, string path, string id) => rows.GetValueOrDefault(id)
            ?? throw file.Error(path, $"no row has the id '{id}'; known: {string.Join(", ", rows.Keys)}");
    }

    private static PublishedTable WithMetrics(PublishedTable table, IReadOnlyList<Metric> ofBenchmark) => table with
    {
        Metrics = table.Columns switch
        {
            ColumnsOf.Metrics => ofBenchmark,
            ColumnsOf.Attempts => [Metric.MeanOverPrompts, Metric.MeanOverCategories],
            _ => table.OwnMetrics ?? [],
        },
    };

    /// <summary>What the form of a file cannot say: another benchmark has metrics of its own and no overall.</summary>
    private static void Check(SettingsJson file, PublishedTable table, PublishedTable first, string[] categories)
    {
        if (table.Columns != first.Columns || !table.Metrics.SequenceEqual(first.Metrics))
        {
            throw file.Error("columns", $"another table of the layout '{table.Layout}' has other columns");
        }

        var other = table.Columns is ColumnsOf.OtherBenchmark;
        var known = other ? [.. table.Metrics.Select(m => m.Id)] : categories;
        Given("", other, table.OwnMetrics, "metrics");
        foreach (var (i, row) in table.Rows.Index())
        {
            Given($"rows[{i}]", !other, row.OverallIs, "overall_is");
            foreach (var (j, point) in row.Points.Index())
            {
                var path = $"rows[{i}].values[{j}]";
                Given(path, !other, point.Overall, "overall");
                Share($"{path}.overall", point.Overall);
                if (point.Categories is { } given)
                {
                    file.CheckKeys($"{path}.categories", given.Keys, known, other ? [] : known);
                    given.ToList().ForEach(c => Share($"{path}.categories.{c.Key}", c.Value));
                }
            }
        }

        void Given(string path, bool needed, object? value, string key)
        {
            if (needed != value is not null)
            {
                throw file.Error(
                    path, $"the key '{key}' is {(needed ? "missing" : other ? "only for the benchmark's own tables" : "only for another benchmark")}");
            }
        }

        void Share(string path, PublishedValue? value)
        {
            if (!other && value?.Value > 1)
            {
                throw file.Error(path, $"expected a share from 0 to 1, as 0.80 or \"446/553\", found {value.Text}");
            }
        }
    }
}
