using System.Globalization;
using System.Text.Json;
using ReflectDiT.Eval.Core.GenEval;
using ReflectDiT.Eval.Core.Reports;

namespace ReflectDiT.Eval.Core.Published;

/// <summary>
/// Reads the published numbers from their JSON files: one file with <c>arms</c>, any number with <c>rows</c>. A row is
/// given once, in the table that published it; other tables name it by <c>row</c>. Every key is known and nothing is
/// missing, or a <see cref="FormatException"/> names the file and the key.
/// </summary>
public static class PublishedReader
{
    private const string OverPrompts = "mean over prompts";
    private const string OverCategories = "mean over categories";

    /// <param name="files">Name and text of every file.</param>
    public static PublishedNumbers Read(IEnumerable<(string Name, string Text)> files)
    {
        var roots = files.OrderBy(f => f.Name, StringComparer.Ordinal)
            .Select(f => JsonNode.Parse(f.Name, f.Text)).ToList();
        var heads = roots.Where(r => !r.Has("arms")).Select(r => (Node: r, Table: Head(r))).ToList();
        var rows = new Dictionary<string, PublishedRow>();
        foreach (var row in heads.SelectMany(
            h => h.Node["rows"].Items().Where(r => !r.Has("row")).Select(r => Row(r, h.Table))))
        {
            if (!rows.TryAdd(row.Id, row))
            {
                throw new FormatException($"Published numbers: two rows have the id '{row.Id}'; rename one.");
            }
        }

        foreach (var (node, table) in heads)
        {
            var first = heads.First(h => h.Table.Layout == table.Layout).Table;
            if (table.Columns != first.Columns || !table.Metrics.SequenceEqual(first.Metrics))
            {
                throw node["columns"].Error($"another table of the layout '{table.Layout}' has other columns");
            }
        }

        var tables = heads.Select(h => h.Table with { Rows = [.. h.Node["rows"].Items().Select(Shown)] }).ToList();
        var arms = roots.Where(r => r.Has("arms")).ToList();
        return arms.Count == 1
            ? Numbers(arms[0], tables, rows)
            : throw new FormatException(
                $"Published numbers: expected the key 'arms' in one file, found it in {arms.Count} of {roots.Count}.");

        PublishedRow Shown(JsonNode node)
        {
            if (!node.Has("row"))
            {
                return rows[node["id"].String()];
            }

            node.Only("row", "label");
            var row = RowOf(node["row"], rows);
            return node.Has("label") ? row with { Label = node["label"].String() } : row;
        }
    }

    private static PublishedRow RowOf(JsonNode node, Dictionary<string, PublishedRow> rows) =>
        rows.TryGetValue(node.String(), out var row)
            ? row
            : throw node.Error($"no row has the id '{node.String()}'; known: {string.Join(", ", rows.Keys)}");

    private static PublishedNumbers Numbers(
        JsonNode root, List<PublishedTable> tables, Dictionary<string, PublishedRow> rows)
    {
        root.Only("title", "prompts", "arms");
        var sizes = root["prompts"].Only([.. Categories.All]);
        var prompts = Categories.All.ToDictionary(c => c, c => sizes[c].Count());
        var arms = new List<PublishedArm>();
        foreach (var node in root["arms"].Items())
        {
            node.Only("id", "rows");
            var id = node["id"].String();
            if (arms.Exists(a => a.Id == id))
            {
                throw node["id"].Error($"two arms have the id '{id}'; rename one");
            }

            arms.Add(new(id, [.. node["rows"].Items().Select(r => RowOf(r, rows))], prompts));
        }

        return new(prompts, tables, arms);
    }

    /// <summary>A table without its rows.</summary>
    private static PublishedTable Head(JsonNode root)
    {
        root.Only("title", "layout", "columns", "notes", "rows");
        var columns = root["columns"];
        var (of, metrics) = columns.Json.ValueKind is JsonValueKind.Array
            ? (ColumnsOf.OtherBenchmark, (IReadOnlyList<Metric>)[.. columns.Items().Select(OtherMetric)])
            : columns.OneOf("metrics", "n") == "metrics"
                ? (ColumnsOf.Metrics, Metric.All)
                : (ColumnsOf.Attempts, [Metric.MeanOverPrompts, Metric.MeanOverCategories]);
        return new(
            root["title"].String(),
            root["layout"].String(),
            of,
            metrics,
            [.. root["notes"].Items().Select(n => n.String())],
            []);
    }

    private static Metric OtherMetric(JsonNode node)
    {
        node.Only("id", "label");
        var id = node["id"].String();
        return new(id, node["label"].String(), id);
    }

    private static PublishedRow Row(JsonNode node, PublishedTable table)
    {
        var other = table.Columns is ColumnsOf.OtherBenchmark;
        node.Only(other
            ? ["id", "label", "source", "note", "values"]
            : ["id", "label", "overall_is", "source", "note", "values"]);
        var source = node["source"].String();
        return new(
            node["id"].String(),
            node["label"].String(),
            !other && node["overall_is"].OneOf(OverPrompts, OverCategories) == OverPrompts,
            source,
            node.Has("note") ? node["note"].String() : null,
            [.. node["values"].Items().Select(v => other ? OtherPoint(v, table.Metrics, source) : Point(v, source))]);
    }

    private static PublishedPoint Point(JsonNode node, string source)
    {
        node.Only("n", "overall", "categories");
        Dictionary<string, PublishedValue>? categories = null;
        if (node.Has("categories"))
        {
            var given = node["categories"].Only([.. Categories.All]);
            categories = Categories.All.ToDictionary(c => c, c => Value(given[c], source));
        }

        return new(node["n"].Count(), Value(node["overall"], source), categories);
    }

    private static PublishedPoint OtherPoint(JsonNode node, IReadOnlyList<Metric> metrics, string source)
    {
        node.Only(["n", .. metrics.Select(m => m.Id)]);
        return new(
            node["n"].Count(),
            null,
            metrics.Where(m => node.Has(m.Id)).ToDictionary(
                m => m.Id, m => new PublishedValue(node[m.Id].NumberBetween(0, 100), node[m.Id].Text, source)));
    }

    /// <summary>A share as printed (0.80) or a count ("446/553").</summary>
    private static PublishedValue Value(JsonNode node, string source)
    {
        if (node.Number() is >= 0 and <= 1 and var share)
        {
            return new(share, node.Text, source);
        }

        var parts = node.Text.Trim('"').Split('/');
        if (parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var correct)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && correct <= count)
        {
            var value = (double)correct / count;
            return new(value, $"{value:F3}", $"{source}: {correct}/{count}");
        }

        throw node.Error($"{node.Text} is not a share from 0 to 1, as 0.80 or \"446/553\"");
    }
}
