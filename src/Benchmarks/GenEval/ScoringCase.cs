using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>One image to be scored, as a line of a detections file.</summary>
public sealed record ScoringCase(
    string Id,
    ScoringOptions Options,
    PromptMetadata Metadata,
    IReadOnlyDictionary<string, IReadOnlyList<Detection>> Detections)
{
    /// <summary>
    /// Reads <c>{"id", "options", "metadata", "detections": {class: [[x1, y1, x2, y2, score, colour], ...]}}</c>.
    /// Options that are absent are those of the world; other keys of the line are ignored.
    /// </summary>
    /// <exception cref="InvalidDataException">The line is not that.</exception>
    public static ScoringCase Parse(string line, ObjectWorld world) => JsonReading.Line(line, json => new ScoringCase(
        json.Required("id").Text("id"),
        json.TryGetProperty("options", out var options) ? ReadOptions(options, world.Options) : world.Options,
        MetadataJson.Read(json.Required("metadata"), world.Classes),
        DetectionsJson.Read(json.Required("detections"), world.Classes)));

    /// <summary>The answer to a line, as <see cref="ScoreJson"/> writes it.</summary>
    /// <inheritdoc cref="Parse" path="/exception"/>
    public static string Answer(string line, ObjectWorld world)
    {
        var scoring = Parse(line, world);
        return ScoreJson.Write(
            scoring.Id, GenEvalRules.Score(scoring.Metadata, scoring.Detections, scoring.Options), world.Classes);
    }

    private static ScoringOptions ReadOptions(JsonElement json, ScoringOptions standard)
    {
        var options = standard;
        foreach (var option in json.Fields("options"))
        {
            var where = $"options: {option.Name}";
            options = option.Name switch
            {
                "threshold" => options with { Threshold = option.Value.Number(where) },
                "counting_threshold" => options with { CountingThreshold = option.Value.Number(where) },
                "max_objects" => options with { MaxObjects = option.Value.Integer(where) },
                "max_overlap" => options with { MaxOverlap = option.Value.Number(where) },
                "position_threshold" => options with { PositionThreshold = option.Value.Number(where) },
                _ => throw new InvalidDataException(
                    $"{where}: unknown option; expected threshold, counting_threshold, max_objects, max_overlap or "
                        + "position_threshold"),
            };
        }

        return options == standard ? standard : options;
    }
}
