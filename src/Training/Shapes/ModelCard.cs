using System.Globalization;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Networks.Checkpoints;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>The README.md beside the weights: how they came about, by the logs, and what they are, by their digests.</summary>
internal static class ModelCard
{
    public static void Write(ShapesFolder folder, long seed)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Networks of the world of shapes

            Trained from nothing on rendered scenes by `reflectdit train shapes`, seed {seed}; no other data. The running mean of
            the weights, in fp16.

            | stage | steps | samples/s | hours:minutes | processor, threads | validated |
            | --- | --- | --- | --- | --- | --- |

            """);
        foreach (var stage in ShapesTraining.Stages.Where(stage => File.Exists(Log(stage))))
            text.Append(Line(stage, [.. File.ReadLines(Log(stage)).Select(line => JsonElement.Parse(line))]));
        text.Append("""

            | file | bytes | SHA-256 |
            | --- | --- | --- |

            """);
        foreach (var path in Directory.EnumerateFiles(folder.Weights, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(folder.Weights, path);
            if (name != "README.md")
                text.Append(CultureInfo.InvariantCulture, $"| {name} | {new FileInfo(path).Length} | {FileDigests.OfThisUser.Of(path)} |\n");
        }

        File.WriteAllText(Path.Combine(folder.Weights, "README.md"), text.ToString());

        string Log(string stage) => Path.Combine(folder.Run(stage), "log.jsonl");
    }

    private static string Line(string stage, List<JsonElement> log)
    {
        var steps = log.Where(line => line.TryGetProperty("loss", out _)).ToList();
        var starts = log.Where(line => line.TryGetProperty("processor", out _)).ToList();
        // Of one after the other: a stage that goes on with other threads has other last bits.
        var threads = string.Join(", then ", starts.Select(start => start.GetProperty("threads").GetInt32())
            .Aggregate(new List<int>(), (all, one) => all.Count > 0 && all[^1] == one ? all : [.. all, one]));
        var validated = log.LastOrDefault(line => line.TryGetProperty("validation", out _));
        var numbers = validated.ValueKind == JsonValueKind.Undefined ? "" : string.Join(", ", validated.GetProperty("validation").EnumerateObject()
            .Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Name} {one.Value.GetDouble():0.###}")));
        return string.Create(CultureInfo.InvariantCulture,
            $"| {stage} | {(steps.Count > 0 ? steps[^1].GetProperty("step").GetInt64() : 0)} | {(steps.Count > 0 ? steps[^1].GetProperty("samples_per_second").GetDouble() : 0):0.#} ")
            + string.Create(CultureInfo.InvariantCulture,
            $"| {Spent(log):h\\:mm} | {starts[^1].GetProperty("processor").GetString()}, {threads} | {numbers} |\n");
    }

    /// <summary>Of all runs of a stage, each from where it began to its last line.</summary>
    private static TimeSpan Spent(List<JsonElement> log)
    {
        var (spent, before) = (TimeSpan.Zero, DateTimeOffset.MaxValue);
        foreach (var line in log)
        {
            var at = line.GetProperty("at").GetDateTimeOffset();
            if (!line.TryGetProperty("processor", out _))
                spent += at - before;
            before = at;
        }

        return spent;
    }
}
