using System.Text.RegularExpressions;

namespace ReflectDiT.Eval.Deploy.Tests;

/// <summary>What a query names: as much of PromQL's grammar as tells a metric and a label from a function.</summary>
internal static partial class PromQl
{
    /// <summary>What Prometheus itself knows, whatever is scraped.</summary>
    private static readonly HashSet<string> Known = ["up", "ALERTS"];

    private static readonly HashSet<string> Words = ["and", "or", "unless", "bool", "offset"];

    private static readonly HashSet<string> Functions =
    [
        "sum", "max", "min", "count", "avg", "rate", "increase", "histogram_quantile", "last_over_time", "vector",
    ];

    /// <summary>Labels that scraping adds.</summary>
    private static readonly HashSet<string> Scraped = ["job", "instance"];

    /// <param name="shown">Each metric's labels, with the values seen.</param>
    /// <returns>What the query names and nobody shows.</returns>
    public static IEnumerable<string> Faults(string query, IReadOnlyDictionary<string, ILookup<string, string>> shown)
    {
        var grouped = Grouping().Matches(query)
            .SelectMany(g => g.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Except(Scraped).ToList();
        var rest = Range().Replace(Grouping().Replace(query, " "), "");
        var metrics = new List<string>();
        foreach (Match term in Term().Matches(rest))
        {
            var name = term.Groups["name"].Value;
            if (Known.Contains(name) || Words.Contains(name))
                continue;
            if (term.Groups["call"].Success)
            {
                if (!Functions.Contains(name))
                    yield return $"no function {name}";
                continue;
            }

            if (!shown.TryGetValue(name, out var labels))
            {
                yield return $"no metric {name}";
                continue;
            }

            metrics.Add(name);
            foreach (Match matcher in Matcher().Matches(term.Groups["matchers"].Value))
            {
                var (label, value) = (matcher.Groups["label"].Value, matcher.Groups["value"].Value);
                if (!labels.Contains(label))
                    yield return $"{name} has no label {label}";
                else if (matcher.Groups["operator"].Value is "=" or "!=" && !labels[label].Contains(value))
                    yield return $"{name} has no {label} {value}";
            }
        }

        foreach (var label in grouped.Where(label => !metrics.Exists(m => shown[m].Contains(label))))
            yield return $"no metric of the query has the label {label}";
    }

    /// <summary>A page of /metrics: each metric's labels, with the values seen.</summary>
    public static IReadOnlyDictionary<string, ILookup<string, string>> Shown(string page) => page.Split('\n')
        .Select(line => Sample().Match(line)).Where(sample => sample.Success)
        .GroupBy(sample => sample.Groups["name"].Value)
        .ToDictionary(metric => metric.Key, metric => metric
            .SelectMany(sample => Matcher().Matches(sample.Groups["labels"].Value))
            .ToLookup(label => label.Groups["label"].Value, label => label.Groups["value"].Value));

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\((?<labels>[^)]*)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\[[^\]]*\]", RegexOptions.None, 1000)]
    private static partial Regex Range();

    [GeneratedRegex(@"(?<![\w.""])(?<name>[a-zA-Z_:][\w:]*)\s*((?<call>\()|\{(?<matchers>[^}]*)\})?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Term();

    [GeneratedRegex(@"(?<label>\w+)\s*(?<operator>=~|!~|!=|=)\s*""(?<value>[^""]*)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Matcher();

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][\w:]*)(\{(?<labels>.*)\})? [^ ]+( \d+)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sample();
}
